// Opens the sheet of the check by points, from below the estimate of the agreement.

import { Button } from "@mantine/core";
import { useEditorState } from "../app/editorContext";
import { useUi } from "../panels/uiState";
import { mayChange } from "../state/rights";

export function PointCheckButton() {
  const may = useEditorState(mayChange);
  if (!may) return null;
  return (
    <Button variant="default" onClick={() => useUi.getState().openSheet({ kind: "pointCheck" })}>
      Check by points…
    </Button>
  );
}
