// Load labels or a classifier into this project.

import { Button, Menu } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useEditor } from "../../app/editorContext";
import { loadClassifier, loadLabels } from "../loadFiles";

export function LoadMenu() {
  const editor = useEditor();
  return (
    <Menu position="bottom-end" width={270}>
      <Menu.Target>
        <Button variant="subtle" color="gray" rightSection={<IconChevronDown size={14} aria-hidden />}>
          Load
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>An image of class numbers, 0 = none</Menu.Label>
        <Menu.Item onClick={() => void loadLabels(editor, "replace")}>Load labels, replacing mine…</Menu.Item>
        <Menu.Item onClick={() => void loadLabels(editor, "add")}>Load labels, adding to mine…</Menu.Item>
        <Menu.Label>With its features and classes</Menu.Label>
        <Menu.Item onClick={() => void loadClassifier(editor)}>Load classifier…</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
