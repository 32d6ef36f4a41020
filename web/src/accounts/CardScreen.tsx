// A screen that is one small card, for who is not known yet.

import type { ReactNode } from "react";
import { Logo } from "../app/Logo";
import styles from "./accounts.module.css";

export function CardScreen({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <main className={styles.screen}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <Logo size={22} />
          sambaseg
        </div>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
