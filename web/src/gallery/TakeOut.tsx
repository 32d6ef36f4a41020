// Taking an entry out of the gallery: for moderators, and for whoever shared it.

import { Button, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { isKnown, mayModerate, useMe } from "../accounts/me";
import type { Entry } from "../api/gallery";
import { takeOut } from "../api/moderation";
import { listMyEntries, withdrawEntry } from "../api/sharing";
import { LONGEST_REASON } from "../moderation/moderationWords";
import styles from "./entry.module.css";

type Taken = Pick<Entry, "id" | "version">;

/** As whom somebody may take an entry out; null for all others. */
function useRole(entry: Taken): "submitter" | "moderator" | null {
  const known = isKnown();
  const mine = useQuery({ queryKey: ["gallery", "mine"], queryFn: listMyEntries, enabled: known, staleTime: 60_000 });
  const may = useMe(mayModerate);
  if (mine.data?.some(({ id }) => id === entry.id)) return "submitter";
  return may ? "moderator" : null;
}

export function TakeOut({ entry }: { entry: Taken }) {
  const role = useRole(entry);
  const [asking, setAsking] = useState(false);
  if (role === null) return null;
  if (asking) return <TakeOutForm entry={entry} role={role} onKeep={() => setAsking(false)} />;
  return (
    <Button className={styles.takeOut} variant="subtle" color="gray" onClick={() => setAsking(true)}>
      Take out of the gallery…
    </Button>
  );
}

interface TakeOutFormProps {
  entry: Taken;
  role: "submitter" | "moderator";
  onKeep: () => void;
}

function TakeOutForm({ entry: { id, version }, role, onKeep }: TakeOutFormProps) {
  const [reason, setReason] = useState("");
  const queries = useQueryClient();
  const taking = useMutation({
    mutationFn: async (): Promise<void> => {
      if (role === "moderator") await takeOut(id, version, reason.trim());
      else await withdrawEntry(id, reason.trim());
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["gallery"] });
      void queries.invalidateQueries({ queryKey: ["moderation"] });
      onKeep();
    },
  });
  const lacksReason = role === "moderator" && reason.trim() === "";
  return (
    <fieldset className={styles.takingOut}>
      <legend>Take this entry out of the gallery?</legend>
      <p>
        All its versions go, files and pictures with them. Title, persons and citation stay at its address, with the
        reason.
      </p>
      <Textarea
        size="xs"
        rows={3}
        autoFocus
        label={role === "moderator" ? "Reason, which everybody can read" : "Reason, if you like; everybody can read it"}
        maxLength={LONGEST_REASON}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {taking.error && <p role="alert">{taking.error.message}</p>}
      <div>
        <Button
          variant="filled"
          color="red.8"
          disabled={lacksReason}
          loading={taking.isPending}
          onClick={() => taking.mutate()}
        >
          Take it out
        </Button>
        <Button onClick={onKeep}>Keep it</Button>
      </div>
    </fieldset>
  );
}
