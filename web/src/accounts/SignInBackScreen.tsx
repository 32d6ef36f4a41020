// The way back from the provider: what it sent in the address goes to the server once, and then nowhere.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { finishElsewhere } from "../api/accounts";
import { ApiError } from "../api/error";
import { parseRoute, replaceRoute } from "../app/route";
import styles from "./accounts.module.css";
import { providerRefusal, refusalWords } from "./accountWords";
import { CardScreen } from "./CardScreen";
import { becomes, useMe } from "./me";
import { ProviderButton } from "./ProviderButton";

export function SignInBackScreen({ query }: { query: string }) {
  const queries = useQueryClient();
  const provider = useMe((state) => state.me?.sign_in_with) || "the provider";
  const sent = new URLSearchParams(query);
  const refused = providerRefusal(sent, provider);
  const { data, error } = useQuery({
    queryKey: ["signInBack", query],
    queryFn: () => finishElsewhere(sent.get("state") ?? "", sent.get("code") ?? ""),
    enabled: refused === "",
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  useEffect(() => {
    if (!data) return;
    replaceRoute(parseRoute(data.return_to));
    becomes(data.me);
    queries.clear();
  }, [data, queries]);

  if (refused === "" && !error) return <CardScreen title="Signing in…" />;
  return (
    <CardScreen title="You are not signed in">
      <p role="alert" className={styles.failure}>
        {refused || (error instanceof ApiError ? refusalWords(error) : error?.message)}
      </p>
      <ProviderButton name={provider} returnTo="/" askAgain />
      <p>
        <a href="/#/sign-in">Sign in with a password</a>
      </p>
    </CardScreen>
  );
}
