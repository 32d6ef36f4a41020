// The list of suggesters as the server last told it, and changes of it.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "../../api/error";
import { getSmartModels, putSmartModelFile, type SmartModel } from "../../api/smartModels";
import { partOf } from "./suggesterWords";

const QUERY = ["smart models"] as const;
const ASK_AGAIN_MS = 700;

/** The list; asked for again and again while a model is being fetched. */
export function useSmartModels(enabled = true) {
  return useQuery({
    queryKey: QUERY,
    queryFn: getSmartModels,
    enabled,
    refetchInterval: ({ state }) => (state.data?.some(isAtWork) ? ASK_AGAIN_MS : false),
  });
}

/** Runs what changes the list, and takes over the list that comes back. */
export function useModelChange() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: () => Promise<SmartModel[]>) => action(),
    onSuccess: (models) => queries.setQueryData(QUERY, models),
    onError: () => queries.invalidateQueries({ queryKey: QUERY }),
  });
}

/** Sends files one after the other; the first that is refused ends it. */
export async function sendModelFiles(
  model: Pick<SmartModel, "name" | "files">,
  files: readonly File[],
): Promise<SmartModel[]> {
  let models = await getSmartModels();
  for (const file of files) models = await putSmartModelFile(model.name, partOf(model, file.name), file);
  return models;
}

export function sentencesOf(failure: Error | null): string | null {
  if (!failure) return null;
  return failure instanceof ApiError ? `${failure.message} ${failure.hint}`.trim() : failure.message;
}

function isAtWork({ state }: SmartModel): boolean {
  return state === "downloading" || state === "verifying";
}
