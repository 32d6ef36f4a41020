// One section of the side panel: a heading that folds it, remembered in this browser.

import { UnstyledButton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconChevronDown } from "@tabler/icons-react";
import { type ReactNode, useEffect, useId } from "react";
import styles from "./side.module.css";

interface SectionProps {
  title: string;
  /** Controls at the right end of the heading. */
  actions?: ReactNode;
  tour?: string;
  /** It is asked for: opens it. */
  wanted?: boolean;
  children: ReactNode;
}

export function Section({ title, actions, tour, wanted = false, children }: SectionProps) {
  const id = useId();
  const [open, setOpen] = useLocalStorage({
    key: `sambaseg.section.${title}`,
    defaultValue: true,
    getInitialValueInEffect: false,
  });
  useEffect(() => {
    if (wanted) setOpen(true);
  }, [wanted, setOpen]);
  return (
    <section className={styles.section} aria-labelledby={id} data-tour={tour}>
      <div className={styles.heading}>
        <h2 id={id} className={styles.title}>
          <UnstyledButton className={styles.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
            <IconChevronDown size={14} aria-hidden className={styles.chevron} data-open={open} />
            {title}
          </UnstyledButton>
        </h2>
        {open && actions}
      </div>
      {open && <div className={styles.content}>{children}</div>}
    </section>
  );
}
