// What can be done with an entry: open a copy in the editor, use its classifier, download.

import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconDownload } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type Entry, entryFileUrl, entryZipUrl, giveClassifier, openEntry, type VersionOf } from "../api/gallery";
import { listProjects } from "../api/projects";
import { goTo } from "../app/route";
import { formatBytes } from "../panels/wording/bytes";
import styles from "./entry.module.css";
import { fileWords } from "./entryWords";

export function EntryActions({ at, entry }: { at: VersionOf; entry: Entry }) {
  const opening = useMutation({
    mutationFn: () => openEntry(at),
    onSuccess: (project) => goTo({ screen: "project", projectId: project.id }),
  });
  const giving = useMutation({
    mutationFn: (project: string) => giveClassifier(at, project),
    onSuccess: (project) => goTo({ screen: "project", projectId: project.id }),
  });
  const failure = opening.error ?? giving.error;
  const has = (kind: Entry["files"][number]["kind"]): boolean => entry.files.some((file) => file.kind === kind);
  const total = entry.files.reduce((sum, file) => sum + file.bytes, 0);
  return (
    <div className={styles.actions}>
      {has("image") && (
        <Button variant="filled" loading={opening.isPending} onClick={() => opening.mutate()}>
          Open in the editor
        </Button>
      )}
      {has("classifier") && (
        <Menu position="bottom-start" width={260}>
          <Menu.Target>
            <Button loading={giving.isPending} rightSection={<IconChevronDown size={14} aria-hidden />}>
              Use this classifier
            </Button>
          </Menu.Target>
          <Menu.Dropdown className={styles.projects}>
            <ProjectItems onChoose={(project) => giving.mutate(project)} />
          </Menu.Dropdown>
        </Menu>
      )}
      {failure && <p role="alert">{failure.message}</p>}
      <Button
        component="a"
        className={styles.everything}
        href={entryZipUrl(at)}
        download=""
        leftSection={<IconDownload size={15} aria-hidden />}
        rightSection={<small>{formatBytes(total)}</small>}
      >
        Everything, as a zip
      </Button>
      <ul className={styles.files} aria-label="Single files">
        {entry.files.map((file) => (
          <li key={file.kind}>
            <a href={entryFileUrl(at, file.kind)} download={file.file_name} title={file.file_name}>
              <IconDownload size={15} aria-hidden />
              {fileWords(file.kind)}
            </a>
            <small>{formatBytes(file.bytes)}</small>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Mounted when the menu opens, and not before the list is needed. */
function ProjectItems({ onChoose }: { onChoose: (project: string) => void }) {
  const projects = useQuery({ queryKey: ["projects"], queryFn: listProjects });
  if (!projects.data) return <Menu.Label>{projects.error ? projects.error.message : "Loading…"}</Menu.Label>;
  if (projects.data.length === 0) return <Menu.Label>Open an image of your own first.</Menu.Label>;
  return (
    <>
      <Menu.Label>For which project?</Menu.Label>
      {projects.data
        .toSorted((a, b) => b.modified.localeCompare(a.modified))
        .map((project) => (
          <Menu.Item key={project.id} onClick={() => onChoose(project.id)}>
            {project.name}
          </Menu.Item>
        ))}
    </>
  );
}
