// Signing in with login and password, or at a provider where there is one.

import { useQueryClient } from "@tanstack/react-query";
import { signIn } from "../api/accounts";
import { addressNow, replaceRoute } from "../app/route";
import { AccountForm, type FieldOfForm } from "./AccountForm";
import styles from "./accounts.module.css";
import { CardScreen } from "./CardScreen";
import { becomes, useMe } from "./me";
import { ProviderButton } from "./ProviderButton";

export const SIGN_IN_FIELDS: readonly FieldOfForm[] = [
  { field: "login", label: "Login", autoComplete: "username" },
  { field: "password", label: "Password", autoComplete: "current-password" },
];

/** `leadsHome` where this screen has an address of its own; else what was asked for is shown afterwards. */
export function SignInScreen({ leadsHome }: { leadsHome: boolean }) {
  const queries = useQueryClient();
  const me = useMe((state) => state.me);
  return (
    <CardScreen title="Sign in">
      {me?.is_visitor && <p>The projects of your visit become yours.</p>}
      {me?.sign_in_with && (
        <>
          <ProviderButton name={me.sign_in_with} returnTo={leadsHome ? "/" : addressNow()} />
          <p className={styles.or}>or with a password</p>
        </>
      )}
      <AccountForm
        fields={SIGN_IN_FIELDS}
        action="Sign in"
        send={async ({ login, password }) => {
          const known = await signIn(login.trim(), password);
          queries.clear();
          becomes(known);
          if (leadsHome) replaceRoute({ screen: "home" });
        }}
      />
      {me?.admin_email && (
        <p>
          No account, or a forgotten password? Write to <a href={`mailto:${me.admin_email}`}>{me.admin_email}</a>.
        </p>
      )}
    </CardScreen>
  );
}
