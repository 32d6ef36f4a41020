// Signing in, as a screen of its own.

import { useQueryClient } from "@tanstack/react-query";
import { addressNow, replaceRoute } from "../app/route";
import { CardScreen } from "./CardScreen";
import { becomes, useMe } from "./me";
import { SignInForm } from "./SignInForm";

/** `leadsHome` where this screen has an address of its own; else what was asked for is shown afterwards. */
export function SignInScreen({ leadsHome }: { leadsHome: boolean }) {
  const queries = useQueryClient();
  const me = useMe((state) => state.me);
  return (
    <CardScreen title="Sign in">
      {me?.is_visitor && <p>The projects of your visit become yours.</p>}
      <SignInForm
        returnTo={leadsHome ? "/" : addressNow()}
        onSignedIn={(known) => {
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
