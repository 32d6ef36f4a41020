// The start page: open a micrograph, try a sample, go on with a project.

import { Button } from "@mantine/core";
import { IconPhotoPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { ApiError } from "../api/error";
import { listProjects, listSamples } from "../api/projects";
import { NoticeCard } from "../panels/NoticeList";
import styles from "./home.module.css";
import { OpeningState } from "./OpeningState";
import { useOpening } from "./opening";
import { PageHeader } from "./PageHeader";
import { ProjectList } from "./ProjectList";
import { SampleList } from "./SampleList";

export function Home() {
  const projects = useQuery({ queryKey: ["projects"], queryFn: listProjects });
  const samples = useQuery({ queryKey: ["samples"], queryFn: listSamples, staleTime: Number.POSITIVE_INFINITY });
  const { pick, busy } = useOpening();
  const firstVisit = projects.data?.length === 0;
  const failure = projects.error ?? samples.error;
  return (
    <div className={styles.screen}>
      <PageHeader />
      <main className={styles.main} data-first={firstVisit}>
        <section className={styles.drop} aria-label="Open a micrograph">
          <IconPhotoPlus size={firstVisit ? 40 : 28} stroke={1.3} aria-hidden />
          <div>
            <h1>Drop a micrograph here, or try a sample</h1>
            <p>TIFF, PNG, JPEG, BMP or WebP; 8, 16 or 32 bit. It stays on this computer.</p>
          </div>
          <Button variant="filled" onClick={() => void pick()} disabled={busy !== null}>
            Choose a file…
          </Button>
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
