// Links by which others make an account: make one, see which are open, take one back.

import { Button, CopyButton, NumberInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { dayWords, roleWords } from "../accounts/accountWords";
import { type AccountRole, type InviteInfo, listInvites, makeInvite, revokeInvite } from "../api/admin";
import styles from "./admin.module.css";
import { inviteState } from "./adminWords";
import { Failure } from "./Failure";

const ROLES: readonly AccountRole[] = ["member", "moderator", "admin"];
const LONGEST_DAYS = 90;

export function Invites() {
  const invites = useQuery({ queryKey: ["admin", "invites"], queryFn: listInvites });
  const open = (invites.data ?? []).filter((invite) => inviteState(invite, new Date()) === "open");
  return (
    <section aria-labelledby="invites">
      <h2 id="invites">Invites</h2>
      <InviteForm />
      <Failure error={invites.error} />
      {open.length > 0 && (
        <ul className={styles.list} aria-label="Open invites">
          {open.map((invite) => (
            <OpenInvite key={invite.id} invite={invite} />
          ))}
        </ul>
      )}
    </section>
  );
}

function InviteForm() {
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const [role, setRole] = useState<AccountRole>("member");
  const [days, setDays] = useState<number | string>(7);
  const making = useMutation({
    mutationFn: () => makeInvite({ role, note: note.trim(), days: Number(days) || 7 }),
    onSuccess: () => {
      setNote("");
      void queries.invalidateQueries({ queryKey: ["admin", "invites"] });
    },
  });
  return (
    <>
      <form
        className={styles.row}
        onSubmit={(event) => {
          event.preventDefault();
          making.mutate();
        }}
      >
        <TextInput
          label="For whom"
          placeholder="A note for yourself"
          maxLength={200}
          autoComplete="off"
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Select
          label="Role"
          data={ROLES.map((value) => ({ value, label: roleWords(value) }))}
          value={role}
          onChange={(value) => value && setRole(value as AccountRole)}
        />
        <NumberInput
          label="Holds for"
          suffix={days === 1 ? " day" : " days"}
          allowDecimal={false}
          min={1}
          max={LONGEST_DAYS}
          value={days}
          onChange={setDays}
        />
        <Button type="submit" loading={making.isPending}>
          Make an invite
        </Button>
      </form>
      <Failure error={making.error} />
      {making.data && <InviteLink address={making.data.address} />}
    </>
  );
}

function InviteLink({ address }: { address: string }) {
  return (
    <div className={styles.made} role="status">
      <p>Send this link; it makes one account, once. It is shown only now.</p>
      <div className={styles.row}>
        <TextInput
          aria-label="Link of the invite"
          readOnly
          value={address}
          onFocus={(event) => event.target.select()}
        />
        <CopyButton value={address}>
          {({ copied, copy }) => (
            <Button variant="filled" onClick={copy}>
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
      </div>
    </div>
  );
}

function OpenInvite({ invite }: { invite: InviteInfo }) {
  const queries = useQueryClient();
  const revoking = useMutation({
    mutationFn: () => revokeInvite(invite.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["admin", "invites"] }),
  });
  const words = invite.note || "Without a note";
  return (
    <li>
      <span>
        <strong>{words}</strong> {roleWords(invite.role)}
      </span>
      <small>
        {invite.created_by && `by ${invite.created_by}, `}until {dayWords(invite.expires)}
      </small>
      <Button
        className={styles.end}
        loading={revoking.isPending}
        aria-label={`Take back: ${words}`}
        onClick={() => revoking.mutate()}
      >
        Take back
      </Button>
      <Failure error={revoking.error} />
    </li>
  );
}
