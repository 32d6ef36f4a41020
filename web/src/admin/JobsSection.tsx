// What the server computes for whom, and what waits for its turn.

import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ShareBar } from "../accounts/QuotaUse";
import { cancelAnyJob, type JobOverview, listJobs } from "../api/admin";
import { formatShare, formatTimeLeft } from "../panels/wording/numbers";
import styles from "./admin.module.css";
import { sentence } from "./adminWords";
import { ownerWords } from "./byOwner";
import { Failure } from "./Failure";

const ASK_AGAIN_MS = 2000;

export function JobsSection() {
  const jobs = useQuery({ queryKey: ["admin", "jobs"], queryFn: listJobs, refetchInterval: ASK_AGAIN_MS });
  const running = jobs.data?.filter(({ job }) => job.state === "running") ?? [];
  const waiting = jobs.data?.filter(({ job }) => job.state === "queued") ?? [];
  return (
    <>
      <Failure error={jobs.error} />
      {jobs.data && (
        <>
          <Jobs id="running" title="Running" jobs={running} none="Nothing runs." />
          <Jobs id="waiting" title="Waiting" jobs={waiting} none="Nothing waits." />
        </>
      )}
    </>
  );
}

interface JobsProps {
  id: string;
  title: string;
  jobs: readonly JobOverview[];
  none: string;
}

function Jobs({ id, title, jobs, none }: JobsProps) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {jobs.length === 0 && <p className={styles.quiet}>{none}</p>}
      {jobs.length > 0 && (
        <table className={styles.table}>
          <thead>
            <tr>
              <th>Job</th>
              <th>For</th>
              <th>Project</th>
              <th>Progress</th>
              <th>
                <span className={styles.hidden}>Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <JobRow key={job.job.id} overview={job} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function JobRow({ overview }: { overview: JobOverview }) {
  const { job } = overview;
  const queries = useQueryClient();
  const cancelling = useMutation({
    mutationFn: () => cancelAnyJob(job.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ["admin"] }),
  });
  const name = job.project_id.slice(0, 8);
  return (
    <tr>
      <td>{sentence(job.kind.replaceAll("_", " "))}</td>
      <td data-label="For">{ownerWords(overview)}</td>
      <td data-label="Project">
        <code>{name}</code>
      </td>
      <td data-label="Progress" className={styles.share}>
        {job.state === "queued" ? (
          "Waiting for its turn"
        ) : (
          <>
            {job.stage} {formatShare(job.progress, 0)}
            {job.seconds_left !== null && `, ${formatTimeLeft(job.seconds_left)}`}
            <ShareBar share={job.progress} />
          </>
        )}
        <Failure error={cancelling.error} />
      </td>
      <td className={styles.actions}>
        <Button
          loading={cancelling.isPending}
          aria-label={`Cancel the job of project ${name}`}
          onClick={() => cancelling.mutate()}
        >
          Cancel
        </Button>
      </td>
    </tr>
  );
}
