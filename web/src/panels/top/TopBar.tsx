// The bar at the top: where one is, undo and redo, saved state, training, files, help.

import { Button } from "@mantine/core";
import { IconLayoutGrid } from "@tabler/icons-react";
import { PersonMenu } from "../../accounts/PersonMenu";
import { useEditorState } from "../../app/editorContext";
import { addressOf } from "../../app/route";
import { mayChange } from "../../state/rights";
import { NoticeList } from "../NoticeList";
import { HelpMenu } from "./HelpMenu";
import { HistoryButtons } from "./HistoryButtons";
import { LoadMenu } from "./LoadMenu";
import { LookOnly } from "./LookOnly";
import { ProjectName } from "./ProjectName";
import { SaveMenu } from "./SaveMenu";
import { SaveStatus } from "./SaveStatus";
import { TrainControl } from "./TrainControl";
import styles from "./topBar.module.css";

export function TopBar() {
  const may = useEditorState(mayChange);
  return (
    <header className={styles.bar}>
      <Button
        component="a"
        href={addressOf({ screen: "home" })}
        variant="subtle"
        color="gray"
        className={styles.home}
        leftSection={<IconLayoutGrid size={16} aria-hidden />}
        aria-label="sambaseg: all projects"
      >
        sambaseg
      </Button>
      <span className={styles.divider} />
      <ProjectName />
      <span className={styles.divider} />
      {may ? (
        <>
          <HistoryButtons />
          <SaveStatus />
        </>
      ) : (
        <LookOnly />
      )}
      <div className={styles.spring} />
      <div className={styles.anchor}>
        <TrainControl />
        <div className={styles.notices}>
          <NoticeList places={["train"]} />
        </div>
      </div>
      {may && <span className={styles.divider} />}
      <div className={styles.anchor}>
        {may && <LoadMenu />}
        <SaveMenu />
        <div className={styles.notices}>
          <NoticeList places={["save", "labels", "classifier"]} />
        </div>
      </div>
      <HelpMenu />
      <PersonMenu compact />
    </header>
  );
}
