// The start page: open micrographs, try a sample, go on with a project.

import { Button, Tooltip } from "@mantine/core";
import { IconPhotoPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { isKnown, useMe } from "../accounts/me";
import { VisitNotice } from "../accounts/VisitNotice";
import { ApiError } from "../api/error";
import { listProjects, listSamples } from "../api/projects";
import { NoticeCard } from "../panels/NoticeList";
import { AS_NEW_PROJECT, browseThisComputer, chooseFiles, chooseFolder } from "./bringImages";
import styles from "./home.module.css";
import { OpeningState } from "./OpeningState";
import { useOpening } from "./opening";
import { PageHeader } from "./PageHeader";
import { ProjectList } from "./ProjectList";
import { SampleList } from "./SampleList";
import { useServerMode } from "./serverMode";

/** Nobody has no projects, and is not told so as a refusal. */
const listKnownProjects = async () => (isKnown() ? listProjects() : []);

export function Home() {
  const isElsewhere = useMe((state) => state.me !== null && state.me.mode !== "local");
  const projects = useQuery({ queryKey: ["projects"], queryFn: listKnownProjects });
  const samples = useQuery({ queryKey: ["samples"], queryFn: listSamples, staleTime: Number.POSITIVE_INFINITY });
  const firstVisit = projects.data?.length === 0;
  const failure = projects.error ?? samples.error;
  return (
    <div className={styles.screen}>
      <PageHeader />
      <VisitNotice />
      <main className={styles.main} data-first={firstVisit}>
        <section className={styles.drop} aria-label="Open a micrograph">
          <IconPhotoPlus size={firstVisit ? 40 : 28} stroke={1.3} aria-hidden />
          <div className={styles.words}>
            <h1>Drop a micrograph here, or try a sample</h1>
            <p>
              TIFF, PNG, JPEG, BMP or WebP; 8, 16 or 32 bit. Several files, or a folder, become a stack.
              {!isElsewhere && " They stay on this computer."}
            </p>
          </div>
          <OpenButtons />
          <div className={styles.opening}>
            <OpeningState />
          </div>
        </section>
        {failure && (
          <div role="alert">
            <NoticeCard
              notice={{
                kind: "error",
                message: failure.message,
                hint: failure instanceof ApiError ? failure.hint : "",
              }}
              onDismiss={() => void projects.refetch()}
            />
          </div>
        )}
        {projects.data && projects.data.length > 0 && <ProjectList projects={projects.data} />}
        {samples.data && <SampleList samples={samples.data} />}
      </main>
    </div>
  );
}

function OpenButtons() {
  const busy = useOpening((opening) => opening.busy !== null);
  const isLocal = useServerMode((mode) => mode.isLocal);
  return (
    <div className={styles.ways}>
      <Button variant="filled" disabled={busy} onClick={() => void chooseFiles(AS_NEW_PROJECT)}>
        Choose files…
      </Button>
      <Button disabled={busy} onClick={() => void chooseFolder(AS_NEW_PROJECT)}>
        Choose a folder…
      </Button>
      {isLocal && (
        <Tooltip label="Opened where they lie, without a copy: best for large files" multiline maw={240}>
          <Button disabled={busy} onClick={() => browseThisComputer(AS_NEW_PROJECT)}>
            Open from this computer…
          </Button>
        </Tooltip>
      )}
    </div>
  );
}
