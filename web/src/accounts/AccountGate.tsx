// Lets people in: in local mode everybody, in a lab who is signed in, on a public site strangers too.

import { type ReactNode, useEffect } from "react";
import type { Route } from "../app/route";
import { InviteScreen } from "./InviteScreen";
import { learnMe, useMe } from "./me";
import { SessionEnded } from "./SessionEnded";
import { SignInBackScreen } from "./SignInBackScreen";
import { SignInScreen } from "./SignInScreen";

export function AccountGate({ route, children }: { route: Route; children: ReactNode }) {
  const { me, isAsked, ended } = useMe();
  useEffect(() => void learnMe(), []);
  if (!isAsked) return null;
  if (me && me.mode !== "local") {
    if (route.screen === "signInBack") return <SignInBackScreen query={route.query} />;
    if (route.screen === "invite") return <InviteScreen key={route.token} token={route.token} />;
    const asksForIt = route.screen === "signIn" && me.person === null;
    const isStranger = me.role === null && ended === null;
    if (asksForIt || (me.mode === "lab" && isStranger)) return <SignInScreen leadsHome={asksForIt} />;
  }
  return (
    <>
      {children}
      {ended && <SessionEnded ended={ended} />}
    </>
  );
}
