// Leads to the provider at which people of a lab sign in, where there is one.

import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { beginElsewhere } from "../api/accounts";
import { ApiError } from "../api/error";
import styles from "./accounts.module.css";
import { refusalWords } from "./accountWords";

interface ProviderButtonProps {
  name: string;
  /** The address of this page that is shown afterwards. */
  returnTo: string;
  /** True where another account may be wanted: the provider then asks who it is. */
  askAgain?: boolean;
}

export function ProviderButton({ name, returnTo, askAgain = false }: ProviderButtonProps) {
  const going = useMutation({
    mutationFn: () => beginElsewhere(returnTo, askAgain),
    onSuccess: (address) => window.location.assign(address),
  });
  return (
    <>
      <Button
        variant="default"
        size="sm"
        className={styles.provider}
        loading={going.isPending || going.isSuccess}
        onClick={() => going.mutate()}
      >
        Sign in with {name}
      </Button>
      {going.error && (
        <p role="alert" className={styles.failure}>
          {going.error instanceof ApiError ? refusalWords(going.error) : going.error.message}
        </p>
      )}
    </>
  );
}
