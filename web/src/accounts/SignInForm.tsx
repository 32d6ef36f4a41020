// The ways to sign in: at a provider where there is one, and with login and password.

import { type Me, signIn } from "../api/accounts";
import { AccountForm, type FieldOfForm } from "./AccountForm";
import styles from "./accounts.module.css";
import { useMe } from "./me";
import { ProviderButton } from "./ProviderButton";

const FIELDS: readonly FieldOfForm[] = [
  { field: "login", label: "Login", autoComplete: "username" },
  { field: "password", label: "Password", autoComplete: "current-password" },
];

interface SignInFormProps {
  /** Where a provider sends back to. */
  returnTo: string;
  onSignedIn: (me: Me) => void;
}

export function SignInForm({ returnTo, onSignedIn }: SignInFormProps) {
  const provider = useMe((state) => state.me?.sign_in_with ?? "");
  return (
    <>
      {provider && (
        <>
          <ProviderButton name={provider} returnTo={returnTo} />
          <p className={styles.or}>or with a password</p>
        </>
      )}
      <AccountForm
        fields={FIELDS}
        action="Sign in"
        send={async ({ login, password }) => onSignedIn(await signIn(login.trim(), password))}
      />
    </>
  );
}
