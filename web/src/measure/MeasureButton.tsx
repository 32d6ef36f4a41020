// Opens the sheet that measures, from below the phase fractions.

import { Button } from "@mantine/core";
import { useUi } from "../panels/uiState";

export function MeasureButton() {
  return <Button onClick={() => useUi.getState().openSheet({ kind: "measure" })}>Measure…</Button>;
}
