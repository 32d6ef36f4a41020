// A sheet over the right part of the editor: takes the focus, gives it back, and leaves the rest of the page usable.

import { ActionIcon } from "@mantine/core";
import { useFocusReturn } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import styles from "./sheet.module.css";

interface SheetProps {
  title: string;
  width: number;
  onClose: () => void;
  footer?: ReactNode;
  children: ReactNode;
}

export function Sheet({ title, width, onClose, footer, children }: SheetProps) {
  const id = useId();
  const sheet = useRef<HTMLDivElement>(null);
  useFocusReturn({ opened: true });
  useEffect(() => {
    sheet.current?.focus();
  }, []);
  return (
    <div
      ref={sheet}
      className={styles.sheet}
      style={{ width }}
      role="dialog"
      aria-labelledby={id}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) onClose();
      }}
    >
      <div className={styles.header}>
        <h2 id={id}>{title}</h2>
        <ActionIcon aria-label="Close" onClick={onClose}>
          <IconX size={17} />
        </ActionIcon>
      </div>
      <div className={styles.body}>{children}</div>
      {footer && <div className={styles.footer}>{footer}</div>}
    </div>
  );
}
