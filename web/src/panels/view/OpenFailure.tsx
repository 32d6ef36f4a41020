// Shown instead of the editor where a project could not be opened.

import { Button } from "@mantine/core";
import { addressOf } from "../../app/route";
import { NoticeList } from "../NoticeList";
import styles from "./canvasView.module.css";

export function OpenFailure() {
  return (
    <main className={styles.failure}>
      <h1>This project could not be opened</h1>
      <NoticeList places={["open", "connection", "canvas"]} />
      <Button component="a" href={addressOf({ screen: "home" })}>
        All projects
      </Button>
    </main>
  );
}
