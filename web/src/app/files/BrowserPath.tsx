// Where one is: the folder above, and the path as a field that takes any folder or file.

import { ActionIcon, Button, TextInput, Tooltip } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { isImageName } from "../intake/imageFiles";
import styles from "./fileBrowser.module.css";

interface BrowserPathProps {
  path: string;
  parent: string | null;
  onGo: (path: string) => void;
  onOpen: (path: string) => void;
}

export function BrowserPath({ path, parent, onGo, onOpen }: BrowserPathProps) {
  const [text, setText] = useState(path);
  useEffect(() => setText(path), [path]);
  const typed = text.trim();
  // What looks like an image is opened; all else is taken for a folder, and listed.
  const enter = (): void => (isImageName(typed) || /\.zarr[/\\]?$/i.test(typed) ? onOpen(typed) : onGo(typed));
  return (
    <form
      className={styles.path}
      onSubmit={(event) => {
        event.preventDefault();
        if (typed) enter();
      }}
    >
      <Tooltip label="Folder above (Backspace)">
        <ActionIcon
          aria-label="Folder above"
          disabled={parent === null}
          onClick={() => parent !== null && onGo(parent)}
        >
          <IconArrowUp size={17} />
        </ActionIcon>
      </Tooltip>
      <TextInput
        className={styles.pathField}
        aria-label="Path of a folder or file"
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onFocus={(event) => event.currentTarget.select()}
      />
      {typed !== path && typed !== "" && <Button type="submit">Go</Button>}
    </form>
  );
}
