// The keyboard map, on "?".

import { Modal } from "@mantine/core";
import { useUi } from "../uiState";
import { KeyTable } from "./KeyTable";

export function KeyHelp() {
  const open = useUi((ui) => ui.dialog === "keys");
  const close = useUi((ui) => ui.closeDialog);
  return (
    <Modal opened={open} onClose={close} title="Keyboard" size={760} closeButtonProps={{ "aria-label": "Close" }}>
      <KeyTable />
    </Modal>
  );
}
