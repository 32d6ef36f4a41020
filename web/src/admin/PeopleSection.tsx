// Everybody with an account: roles, room, sessions; and the invites by which others come.

import { Select } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { roleWords } from "../accounts/accountWords";
import { useMe } from "../accounts/me";
import { PersonWords } from "../accounts/PersonWords";
import { type AccountRole, changePerson, listPeople, type PersonInfo } from "../api/admin";
import { formatBytes } from "../panels/wording/bytes";
import { formatWhen } from "../panels/wording/numbers";
import styles from "./admin.module.css";
import { Failure } from "./Failure";
import { Invites } from "./Invites";
import { PersonActions } from "./PersonActions";

const ROLES: readonly AccountRole[] = ["member", "moderator", "admin"];

export function PeopleSection() {
  const people = useQuery({ queryKey: ["admin", "people"], queryFn: listPeople });
  return (
    <>
      <Invites />
      <section aria-labelledby="people">
        <h2 id="people">People</h2>
        <Failure error={people.error} />
        {people.data && (
          <table className={styles.table}>
            <thead>
              <tr>
                <th>Person</th>
                <th>Role</th>
                <th>Storage</th>
                <th>Last seen</th>
                <th>Browsers</th>
                <th>
                  <span className={styles.hidden}>Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {people.data.map((person) => (
                <PersonRow key={person.id} person={person} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </>
  );
}

function PersonRow({ person }: { person: PersonInfo }) {
  const queries = useQueryClient();
  const isMe = useMe((state) => state.me?.person?.id === person.id);
  const change = useMutation({
    mutationFn: (role: AccountRole) => changePerson(person.id, { role }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["admin"] }),
  });
  const { bytes_used: used, bytes_limit: limit } = person.quota;
  return (
    <tr data-dim={person.disabled || undefined}>
      <td>
        <PersonWords person={person} />
        {person.email && person.email !== person.login && <small className={styles.email}>{person.email}</small>}
        {person.disabled && <small className={styles.mark}>Disabled</small>}
        <Failure error={change.error} />
      </td>
      <td data-label="Role">
        <Select
          aria-label={`Role of ${person.name}`}
          className={styles.role}
          data={ROLES.map((role) => ({ value: role, label: roleWords(role) }))}
          value={change.isPending ? change.variables : person.role}
          disabled={change.isPending}
          onChange={(role) => role && change.mutate(role as AccountRole)}
        />
      </td>
      <td data-label="Storage">
        {formatBytes(used)}
        {limit !== null && <small> of {formatBytes(limit)}</small>}
      </td>
      <td data-label="Last seen">{person.last_seen ? formatWhen(person.last_seen, new Date()) : "Never"}</td>
      <td data-label="Browsers">{person.sessions}</td>
      <td className={styles.actions}>
        <PersonActions person={person} isMe={isMe} />
      </td>
    </tr>
  );
}
