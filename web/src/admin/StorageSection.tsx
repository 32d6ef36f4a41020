// What takes the disk, by person and by project. What is in the projects is not shown.

import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ShareBar } from "../accounts/QuotaUse";
import { deleteAnyProject, getStorage, type ProjectStorage, type StorageInfo } from "../api/admin";
import { formatBytes } from "../panels/wording/bytes";
import { formatCount, formatWhen } from "../panels/wording/numbers";
import styles from "./admin.module.css";
import { byOwner, ownerWords } from "./byOwner";
import { Failure } from "./Failure";
import { Question } from "./Question";

/** More are shown on demand: there may be thousands. */
const SHOWN_AT_ONCE = 50;

export function StorageSection() {
  const storage = useQuery({ queryKey: ["admin", "storage"], queryFn: getStorage });
  return (
    <>
      <Failure error={storage.error} />
      {storage.data && (
        <>
          <Totals storage={storage.data} />
          <Owners storage={storage.data} />
          <Projects projects={storage.data.projects} />
        </>
      )}
    </>
  );
}

function Totals({ storage }: { storage: StorageInfo }) {
  const { disk_free: free, disk_total: total, projects_bytes, uploads_bytes, gallery_bytes } = storage;
  return (
    <section aria-labelledby="disk">
      <h2 id="disk">Disk</h2>
      <p>
        {formatBytes(free)} free of {formatBytes(total)}
      </p>
      <div className={styles.room} data-short={free < total * 0.1 || undefined}>
        <ShareBar share={1 - free / total} />
      </div>
      <p className={styles.quiet}>
        Projects {formatBytes(projects_bytes)} · uploads under way {formatBytes(uploads_bytes)} · files of the gallery{" "}
        {formatBytes(gallery_bytes)}
      </p>
    </section>
  );
}

function Owners({ storage: { projects, projects_bytes } }: { storage: StorageInfo }) {
  const owners = byOwner(projects);
  const [shown, setShown] = useState(SHOWN_AT_ONCE);
  return (
    <section aria-labelledby="owners">
      <h2 id="owners">By person</h2>
      {owners.length === 0 && <p className={styles.quiet}>There are no projects yet.</p>}
      {owners.length > 0 && (
        <table className={styles.table}>
          <thead>
            <tr>
              <th>Owner</th>
              <th>Projects</th>
              <th>Storage</th>
              <th>
                <span className={styles.hidden}>Share of all projects</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {owners.slice(0, shown).map((owner) => (
              <tr key={owner.key}>
                <td>{owner.words}</td>
                <td data-label="Projects">{formatCount(owner.projects)}</td>
                <td data-label="Storage">{formatBytes(owner.bytes)}</td>
                <td className={styles.share}>
                  <ShareBar share={projects_bytes === 0 ? 0 : owner.bytes / projects_bytes} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {owners.length > shown && <Button onClick={() => setShown(shown + SHOWN_AT_ONCE)}>Show more</Button>}
    </section>
  );
}

function Projects({ projects }: { projects: readonly ProjectStorage[] }) {
  const [shown, setShown] = useState(SHOWN_AT_ONCE);
  if (projects.length === 0) return null;
  return (
    <section aria-labelledby="projects">
      <h2 id="projects">By project</h2>
      <p className={styles.quiet}>The largest first. Names and images stay with their owners.</p>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>Project</th>
            <th>Owner</th>
            <th>Storage</th>
            <th>Changed</th>
            <th>
              <span className={styles.hidden}>Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {projects.slice(0, shown).map((project) => (
            <ProjectRow key={project.id} project={project} />
          ))}
        </tbody>
      </table>
      {projects.length > shown && <Button onClick={() => setShown(shown + SHOWN_AT_ONCE)}>Show more</Button>}
    </section>
  );
}

function ProjectRow({ project }: { project: ProjectStorage }) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const name = project.id.slice(0, 8);
  const owner = ownerWords(project);
  return (
    <tr>
      <td>
        <code>{name}</code>
      </td>
      <td data-label="Owner">{owner}</td>
      <td data-label="Storage">{formatBytes(project.bytes_used)}</td>
      <td data-label="Changed">{formatWhen(project.modified, new Date())}</td>
      <td className={styles.actions}>
        <Button aria-label={`Delete project ${name}`} onClick={() => setAsking(true)}>
          Delete…
        </Button>
        {asking && (
          <Question
            title={`Delete project ${name} of ${owner}?`}
            words={`Image, labels and results (${formatBytes(project.bytes_used)}) are removed. This cannot be undone, and is written down.`}
            action="Delete"
            act={async () => {
              await deleteAnyProject(project.id);
              await queries.invalidateQueries({ queryKey: ["admin"] });
            }}
            onClose={() => setAsking(false)}
          />
        )}
      </td>
    </tr>
  );
}
