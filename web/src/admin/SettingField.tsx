// One setting that can be changed: a number, one of some words, or a line of text.

import { Button, NumberInput, SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import type { Me } from "../api/accounts";
import { changeSetting, type SettingInfo } from "../api/admin";
import { formatCount } from "../panels/wording/numbers";
import styles from "./admin.module.css";
import { choicesOf, sentence, settingWords } from "./adminWords";
import { Failure } from "./Failure";

export function SettingField({ setting, mode }: { setting: SettingInfo; mode: Me["mode"] }) {
  const queries = useQueryClient();
  const [text, setText] = useState(setting.value);
  const { label } = settingWords(setting.name);
  const change = useMutation({
    mutationFn: (value: string | null) => changeSetting(setting.name, value),
    onSuccess: (all) => queries.setQueryData(["admin", "settings"], all),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate(text.trim());
  };
  const isChanged = text.trim() !== setting.value;
  const startWords = startWordsOf(setting);
  return (
    <form className={styles.setting} onSubmit={submit}>
      <Field setting={setting} mode={mode} text={text} onChange={setText} />
      <div className={styles.ways}>
        {isChanged && (
          <Button type="submit" variant="filled" loading={change.isPending} aria-label={`Save: ${label}`}>
            Save
          </Button>
        )}
        {!isChanged && setting.value !== setting.start_value && (
          <Button
            loading={change.isPending}
            aria-label={`${label}: back to ${startWords}`}
            onClick={() => change.mutate(null)}
          >
            Back to {startWords}
          </Button>
        )}
      </div>
      <Failure error={change.error} />
    </form>
  );
}

function startWordsOf({ change, start_value: value }: SettingInfo): string {
  return change?.kind === "number" ? formatCount(Number(value)) : value || "empty";
}

interface FieldProps {
  setting: SettingInfo;
  mode: Me["mode"];
  text: string;
  onChange: (text: string) => void;
}

function Field({ setting, mode, text, onChange }: FieldProps) {
  const id = useId();
  const { label, unit } = settingWords(setting.name);
  const description = sentence(setting.help);
  const { change } = setting;
  if (!change) return null;
  switch (change.kind) {
    case "number":
      return (
        <NumberInput
          label={label}
          description={description}
          {...(unit && { suffix: ` ${unit}` })}
          thousandSeparator=","
          allowDecimal={false}
          allowNegative={false}
          min={change.least}
          max={change.most}
          value={text === "" ? "" : Number(text)}
          onChange={(value) => onChange(String(value))}
        />
      );
    case "choice":
      return (
        <div>
          <div className={styles.label} id={id}>
            {label}
          </div>
          <div className={styles.description}>{description}</div>
          <SegmentedControl
            aria-labelledby={id}
            data={choicesOf(setting, mode).map((value) => ({ value, label: sentence(value) }))}
            value={text}
            onChange={onChange}
          />
        </div>
      );
    case "text":
      return (
        <TextInput
          label={label}
          description={description}
          maxLength={change.most}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
