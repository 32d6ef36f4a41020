// What the recipe costs: features, reach, and time for this image.

import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRecipeCost } from "../../api/features";
import { formatEstimate } from "../wording/numbers";
import styles from "./settings.module.css";
import type { Recipe } from "./settingsDraft";

interface CostEstimateProps {
  recipe: Recipe;
  /** Why the recipe cannot be used, or null. */
  problem: string | null;
  image: { width: number; height: number; channels: number };
}

export function CostEstimate({ recipe, problem, image }: CostEstimateProps) {
  const [asked] = useDebouncedValue(recipe, 150);
  const cost = useQuery({
    queryKey: ["cost", asked, image.channels],
    queryFn: () => getRecipeCost(asked, image.channels),
    enabled: problem === null && asked.families.length > 0,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const megapixels = (image.width * image.height) / 1e6;
  return (
    <div className={styles.cost} role="status">
      {problem ?? cost.error?.message ?? (
        <>
          <strong>{cost.data ? cost.data.features : "…"} features</strong>
          {cost.data && (
            <>
              <span>looks up to {cost.data.halo_px} px far</span>
              <span>{formatEstimate(cost.data.seconds_per_megapixel * megapixels)} for this image</span>
            </>
          )}
        </>
      )}
    </div>
  );
}
