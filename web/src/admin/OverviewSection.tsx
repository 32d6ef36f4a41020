// How the server is: what works, how much room there is, what runs and what waits.

import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ShareBar } from "../accounts/QuotaUse";
import { getServerHealth, type ServerHealth } from "../api/admin";
import { addressOf } from "../app/route";
import { formatBytes } from "../panels/wording/bytes";
import { formatCount } from "../panels/wording/numbers";
import styles from "./admin.module.css";
import { formatUptime } from "./adminWords";
import { Failure } from "./Failure";

const ASK_AGAIN_MS = 15_000;
/** A disk that is fuller than this is told of. */
const FULL = 0.9;

export function OverviewSection() {
  const health = useQuery({ queryKey: ["admin", "health"], queryFn: getServerHealth, refetchInterval: ASK_AGAIN_MS });
  return (
    <>
      <Failure error={health.error} />
      {health.data && <Health health={health.data} />}
    </>
  );
}

function Health({ health }: { health: ServerHealth }) {
  const used = 1 - health.disk_free / health.disk_total;
  return (
    <dl className={styles.facts}>
      <Fact name="Database">
        <State works={health.database_works}>{health.database_kind}</State>
      </Fact>
      <Fact name="Files of the gallery">
        <State works={health.files_work}>{health.files === "S3" ? "S3" : "On this disk"}</State>
      </Fact>
      <Fact name="Kernels">
        <State works={health.kernels_ready} does="" otherwise="being made">
          {health.kernels_ready ? "Compiled" : "Not compiled yet"}
        </State>
      </Fact>
      <Fact name="Disk">
        <State works={used <= FULL} otherwise="is nearly full" does="">
          {formatBytes(health.disk_free)} free of {formatBytes(health.disk_total)}
        </State>
        <div className={styles.room} data-short={used > FULL || undefined}>
          <ShareBar share={used} />
        </div>
      </Fact>
      <Fact name="Jobs">
        <a href={addressOf({ screen: "admin", section: "jobs" })}>
          {formatCount(health.jobs_running)} running, {formatCount(health.jobs_waiting)} waiting
        </a>
      </Fact>
      <Fact name="Gallery">
        <a href={addressOf({ screen: "moderation" })}>{waitingWords(health.waiting_entries ?? 0)}</a>
      </Fact>
      <Fact name="People">
        <a href={addressOf({ screen: "admin", section: "people" })}>
          {formatCount(health.people ?? 0)} {health.people === 1 ? "account" : "accounts"}
        </a>
        {health.mode === "public" && (
          <span>
            {formatCount(health.visitors ?? 0)} {health.visitors === 1 ? "visitor" : "visitors"}
          </span>
        )}
        <span>
          {formatCount(health.followers)} {health.followers === 1 ? "editor is" : "editors are"} open now
        </span>
      </Fact>
      <Fact name="Server">
        <span>
          sambaseg {health.version}, {health.mode} mode
        </span>
        <span>
          {health.threads} threads, {formatBytes(health.memory_mb * 2 ** 20)} of memory
        </span>
        <span>Runs for {formatUptime(health.uptime_seconds)}</span>
      </Fact>
    </dl>
  );
}

const waitingWords = (count: number): string => {
  if (count === 0) return "Nothing waits for a moderator";
  return count === 1 ? "1 entry waits for a moderator" : `${formatCount(count)} entries wait for a moderator`;
};

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface StateProps {
  works: boolean;
  /** What is said where it works, and where not. */
  does?: string;
  otherwise?: string;
  children: ReactNode;
}

function State({ works, does = "works", otherwise = "does not answer", children }: StateProps) {
  const Icon = works ? IconCheck : IconAlertTriangle;
  return (
    <span className={styles.state} data-works={works}>
      <Icon size={15} aria-hidden />
      <span>
        {children}
        {works ? does && `, ${does}` : `, ${otherwise}`}
      </span>
    </span>
  );
}
