// All commands by name, on Ctrl+K: type, choose with the arrows, press Enter.

import { Kbd, Modal, TextInput } from "@mantine/core";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { useEditor } from "../../app/editorContext";
import { type Command, commandsOf, matching } from "../commands";
import { shortcutOf } from "../shortcuts";
import { useUi } from "../uiState";
import styles from "./dialogs.module.css";

export function CommandPalette() {
  const open = useUi((ui) => ui.dialog === "commands");
  const close = useUi((ui) => ui.closeDialog);
  return (
    <Modal
      opened={open}
      onClose={close}
      withCloseButton={false}
      size={520}
      yOffset="14vh"
      padding={0}
      aria-label="Commands"
    >
      <Palette onClose={close} />
    </Modal>
  );
}

function Palette({ onClose }: { onClose: () => void }) {
  const editor = useEditor();
  const list = useId();
  const commands = useMemo(() => commandsOf(editor).filter(({ possible }) => possible), [editor]);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const found = matching(commands, text);
  const index = Math.min(chosen, found.length - 1);

  const run = (command: Command | undefined): void => {
    if (!command) return;
    onClose();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      setChosen((index + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(found[index]);
    }
  };

  return (
    <>
      <TextInput
        className={styles.search}
        size="md"
        variant="unstyled"
        placeholder="Type a command…"
        aria-label="Search commands"
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={found.length > 0 ? `${list}-${index}` : undefined}
        autoComplete="off"
        data-autofocus
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className={styles.commands} role="listbox" id={list} aria-label="Commands">
        {found.map((command, position) => (
          <CommandOption
            key={command.words}
            id={`${list}-${position}`}
            command={command}
            selected={position === index}
            onRun={() => run(command)}
          />
        ))}
        {found.length === 0 && <p className={styles.none}>No command of this name is possible now.</p>}
      </div>
    </>
  );
}

interface CommandOptionProps {
  id: string;
  command: Command;
  selected: boolean;
  onRun: () => void;
}

function CommandOption({ id, command, selected, onRun }: CommandOptionProps) {
  const option = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (selected) option.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    // The field above has the focus and the keys; the mouse comes here.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    // biome-ignore lint/a11y/useFocusableInteractive: see above
    <div ref={option} id={id} role="option" aria-selected={selected} className={styles.command} onClick={onRun}>
      <span className={styles.commandGroup}>{command.group}</span>
      <span className={styles.commandWords}>{command.words}</span>
      {command.key && <Kbd size="xs">{shortcutOf(command.key)}</Kbd>}
    </div>
  );
}
