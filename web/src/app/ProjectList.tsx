// The projects on this computer: open, or delete after a second click.

import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { deleteProject, thumbnailUrl } from "../api/projects";
import { formatCount, formatWhen } from "../panels/wording/numbers";
import type { Schemas } from "../state/contract";
import styles from "./home.module.css";
import { addressOf } from "./route";

type Summary = Schemas["ProjectSummary"];

export function ProjectList({ projects }: { projects: Summary[] }) {
  const newestFirst = projects.toSorted((a, b) => b.modified.localeCompare(a.modified));
  return (
    <section aria-labelledby="projects">
      <h2 id="projects" className={styles.heading}>
        Projects
      </h2>
      <ul className={styles.projects}>
        {newestFirst.map((project) => (
          <ProjectCard key={project.id} project={project} />
        ))}
      </ul>
    </section>
  );
}

/** "1,024 × 768 px", "200 slices", "7 images". */
function extentOf({ kind, images, width, height }: Summary): string {
  switch (kind) {
    case "single":
      return `${formatCount(width)} × ${formatCount(height)} px`;
    case "stack":
      return `${formatCount(images)} slices`;
    case "set":
      return `${formatCount(images)} images`;
  }
}

function ProjectCard({ project }: { project: Summary }) {
  const [asking, setAsking] = useState(false);
  const title = useId();
  return (
    <li className={styles.project}>
      <a href={addressOf({ screen: "project", projectId: project.id })} className={styles.projectLink}>
        <img src={thumbnailUrl(project.id)} alt="" loading="lazy" />
        <strong id={title} title={project.name}>
          {project.name}
        </strong>
        <small>
          {extentOf(project)} · {formatWhen(project.modified, new Date())}
        </small>
      </a>
      <Tooltip label="Delete">
        <ActionIcon
          className={styles.delete}
          aria-label="Delete project"
          aria-describedby={title}
          onClick={() => setAsking(true)}
        >
          <IconTrash size={15} />
        </ActionIcon>
      </Tooltip>
      {asking && <DeleteQuestion project={project} onClose={() => setAsking(false)} />}
    </li>
  );
}

function DeleteQuestion({ project, onClose }: { project: Summary; onClose: () => void }) {
  const queries = useQueryClient();
  const deletion = useMutation({
    mutationFn: () => deleteProject(project.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["projects"] }),
  });
  return (
    <div
      className={styles.question}
      role="alertdialog"
      aria-label="Delete this project?"
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <p>{deletion.error ? deletion.error.message : "Delete image, labels and results? This cannot be undone."}</p>
      <div>
        <Button onClick={onClose} data-autofocus autoFocus>
          Keep
        </Button>
        <Button variant="filled" color="red.8" loading={deletion.isPending} onClick={() => deletion.mutate()}>
          Delete
        </Button>
      </div>
    </div>
  );
}
