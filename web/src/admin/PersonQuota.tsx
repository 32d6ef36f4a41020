// What one person may use, where that is not what everybody may.

import { Button, Modal, NumberInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changePerson, type PersonInfo, type PersonPatch } from "../api/admin";
import styles from "./admin.module.css";
import { Failure } from "./Failure";

const MEGABYTE = 1_000_000;

export function PersonQuota({ person: { id, name, quota }, onClose }: { person: PersonInfo; onClose: () => void }) {
  const queries = useQueryClient();
  const before = {
    megabytes: quota.bytes_limit === null ? "" : quota.bytes_limit / MEGABYTE,
    jobs: quota.jobs_limit ?? "",
  };
  const [megabytes, setMegabytes] = useState<number | string>(before.megabytes);
  const [jobs, setJobs] = useState<number | string>(before.jobs);
  const change = useMutation({
    mutationFn: (patch: PersonPatch) => changePerson(id, patch),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["admin"] });
      onClose();
    },
  });
  const numberOf = (value: number | string): number | null => (typeof value === "number" ? value : null);
  return (
    <Modal opened onClose={onClose} title={`Quotas of ${name}`} closeButtonProps={{ "aria-label": "Close" }}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          // What is left as it is does not become the person's own: it goes on following what everybody may use.
          change.mutate({
            ...(megabytes !== before.megabytes && { quota_mb: numberOf(megabytes) }),
            ...(jobs !== before.jobs && { jobs_a_day: numberOf(jobs) }),
          });
        }}
      >
        <NumberInput
          label="Storage"
          description="Empty: what everybody may use"
          suffix=" MB"
          thousandSeparator=","
          allowDecimal={false}
          min={0}
          max={1e9}
          data-autofocus
          value={megabytes}
          onChange={setMegabytes}
        />
        <NumberInput
          label="Trainings in a day"
          description="Empty: as many as they like"
          thousandSeparator=","
          allowDecimal={false}
          min={0}
          max={1e6}
          value={jobs}
          onChange={setJobs}
        />
        <Failure error={change.error} />
        <div className={styles.ways}>
          <Button loading={change.isPending} onClick={() => change.mutate({ quota_mb: null, jobs_a_day: null })}>
            As everybody
          </Button>
          <Button type="submit" variant="filled" loading={change.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Modal>
  );
}
