// Shown instead of a page that broke: says so, and that nothing is lost.

import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import styles from "./opening.module.css";

interface BrokenProps {
  children: ReactNode;
}

export class Broken extends Component<BrokenProps, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <main className={styles.broken} role="alert">
        <h1>This page met an error of its own</h1>
        <p>What you did is stored. Reload the page to go on; if it happens again, please report this:</p>
        <code>{error.message}</code>
        <Button variant="filled" onClick={() => window.location.reload()}>
          Reload
        </Button>
      </main>
    );
  }
}
