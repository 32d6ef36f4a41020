// A form about an account: fields with their errors beside them, one button, and what else was refused below.

import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { ApiError } from "../api/error";
import styles from "./accounts.module.css";
import { type AccountField, fieldOfRefusal, missingFields, refusalWords } from "./accountWords";

export interface FieldOfForm {
  field: AccountField;
  label: string;
  description?: string;
  /** What browsers and password managers fill in. */
  autoComplete: string;
}

type Values = Partial<Record<AccountField, string>>;

interface AccountFormProps {
  fields: readonly FieldOfForm[];
  action: string;
  send: (values: Record<AccountField, string>) => Promise<void>;
}

export function AccountForm({ fields, action, send }: AccountFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [values, setValues] = useState<Values>(Object.fromEntries(fields.map(({ field }) => [field, ""])));
  const [errors, setErrors] = useState<Values>({});
  const [failure, setFailure] = useState("");

  const show = (problems: Values, rest = ""): void => {
    setErrors(problems);
    setFailure(rest);
    const first = fields.find(({ field }) => problems[field]);
    if (first) form.current?.querySelector<HTMLInputElement>(`input[name="${first.field}"]`)?.focus();
  };
  const sending = useMutation({
    mutationFn: () => send({ login: "", name: "", password: "", old: "", ...values }),
    onError: (error) => {
      const words = error instanceof ApiError ? refusalWords(error) : error.message;
      const field = error instanceof ApiError ? fieldOfRefusal(error) : null;
      if (field && fields.some((one) => one.field === field)) show({ [field]: words });
      else show({}, words);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (sending.isPending) return;
    const missing = missingFields(values);
    show(missing);
    if (Object.keys(missing).length === 0) sending.mutate();
  };
  return (
    <form ref={form} className={styles.form} onSubmit={submit} noValidate>
      {fields.map(({ field, label, description, autoComplete }, index) => {
        const Input = field === "password" || field === "old" ? PasswordInput : TextInput;
        return (
          <Input
            key={field}
            name={field}
            size="sm"
            label={label}
            {...(description && { description })}
            autoComplete={autoComplete}
            autoFocus={index === 0}
            data-autofocus={index === 0 || undefined}
            {...(field === "login" && { autoCapitalize: "none", spellCheck: false })}
            value={values[field] ?? ""}
            error={errors[field]}
            aria-invalid={errors[field] !== undefined}
            onChange={(event) => setValues({ ...values, [field]: event.currentTarget.value })}
          />
        );
      })}
      {failure && (
        <p role="alert" className={styles.failure}>
          {failure}
        </p>
      )}
      <Button type="submit" variant="filled" size="sm" loading={sending.isPending}>
        {action}
      </Button>
    </form>
  );
}
