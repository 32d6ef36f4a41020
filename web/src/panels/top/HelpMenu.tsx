// Help: manual, keys, commands, tour; and light or dark.

import { ActionIcon, Kbd, Menu, Tooltip } from "@mantine/core";
import { IconHelp } from "@tabler/icons-react";
import { useEditorState } from "../../app/editorContext";
import { mayChange } from "../../state/rights";
import { AppearanceItems } from "../../theme/AppearanceItems";
import { shortcutOf } from "../shortcuts";
import { useUi } from "../uiState";

export function HelpMenu() {
  const { openSheet, openDialog, startTour } = useUi.getState();
  const may = useEditorState(mayChange);
  return (
    <Menu position="bottom-end" width={230}>
      <Tooltip label="Help and appearance">
        <Menu.Target>
          <ActionIcon aria-label="Help" data-tour="help">
            <IconHelp size={18} />
          </ActionIcon>
        </Menu.Target>
      </Tooltip>
      <Menu.Dropdown>
        <Menu.Item onClick={() => openSheet({ kind: "manual", page: "" })}>Manual</Menu.Item>
        <Menu.Item rightSection={<Kbd size="xs">{shortcutOf("help")}</Kbd>} onClick={() => openDialog("keys")}>
          Keyboard
        </Menu.Item>
        <Menu.Item rightSection={<Kbd size="xs">{shortcutOf("commands")}</Kbd>} onClick={() => openDialog("commands")}>
          All commands
        </Menu.Item>
        {may && <Menu.Item onClick={startTour}>Tour in five steps</Menu.Item>}
        <AppearanceItems />
      </Menu.Dropdown>
    </Menu>
  );
}
