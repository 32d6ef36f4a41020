// How far the shown result can be trusted; asked again when another result is there and when its training has ended.

import { useQuery } from "@tanstack/react-query";
import { getTrust, type Trust } from "../api/trust";
import { useEditorParts } from "../app/editorContext";
import { isRunning } from "../panels/top/trainState";

export function useTrust(): Trust | undefined {
  const { project, image, resultId, busy } = useEditorParts((state) => ({
    project: state.project?.id ?? "",
    image: state.image,
    resultId: state.result?.state === "complete" ? state.result.id : "",
    busy: isRunning(state.job),
  }));
  const { data } = useQuery({
    queryKey: ["trust", project, image, resultId, busy],
    queryFn: () => getTrust(project, image),
    enabled: resultId !== "",
  });
  return resultId === "" ? undefined : data;
}
