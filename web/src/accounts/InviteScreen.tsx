// Making an account by an invite's link.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { acceptInvitation, lookAtInvitation } from "../api/accounts";
import { ApiError } from "../api/error";
import { addressOf, replaceRoute } from "../app/route";
import { AccountForm, type FieldOfForm } from "./AccountForm";
import { dayWords, refusalWords, roleWords } from "./accountWords";
import { CardScreen } from "./CardScreen";
import { becomes, useMe } from "./me";

const FIELDS: readonly FieldOfForm[] = [
  { field: "name", label: "Your name", description: "As others see it", autoComplete: "name" },
  { field: "login", label: "Login", description: "An e-mail address will do", autoComplete: "username" },
  {
    field: "password",
    label: "Password",
    description: "Several words in a row are easy to remember",
    autoComplete: "new-password",
  },
];

export function InviteScreen({ token }: { token: string }) {
  const queries = useQueryClient();
  const person = useMe((state) => state.me?.person ?? null);
  const offer = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => lookAtInvitation(token),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (offer.isPending) return <CardScreen title="Invitation" />;
  if (offer.error) {
    return (
      <CardScreen title="Invitation">
        <p role="alert">{offer.error instanceof ApiError ? refusalWords(offer.error) : offer.error.message}</p>
        <a href={addressOf({ screen: "home" })}>Go to the start page</a>
      </CardScreen>
    );
  }
  const { invited_by: by, role, expires } = offer.data;
  return (
    <CardScreen title="Make your account">
      <p>
        {by && `${by} invites you. `}
        {roleWords(role)}; the invite holds once, until {dayWords(expires)}.
      </p>
      {person && <p>You are signed in as {person.name}; this makes another account, and signs you in with it.</p>}
      <AccountForm
        fields={FIELDS}
        action="Make account"
        send={async ({ login, name, password }) => {
          const known = await acceptInvitation({ token, login: login.trim(), name: name.trim(), password });
          queries.clear();
          becomes(known);
          replaceRoute({ screen: "home" });
        }}
      />
    </CardScreen>
  );
}
