// What the server runs with: what can be changed while it runs, and what is given at its start.

import { useQuery } from "@tanstack/react-query";
import { useMe } from "../accounts/me";
import { listSettings, type SettingInfo } from "../api/admin";
import styles from "./admin.module.css";
import { changeableSettings, sentence } from "./adminWords";
import { Failure } from "./Failure";
import { SettingField } from "./SettingField";

export function SettingsSection() {
  const mode = useMe((state) => (state.ended ?? state.me)?.mode ?? "lab");
  const settings = useQuery({ queryKey: ["admin", "settings"], queryFn: listSettings });
  const changeable = changeableSettings(settings.data ?? [], mode);
  return (
    <>
      <Failure error={settings.error} />
      {settings.data && (
        <>
          <section aria-labelledby="now">
            <h2 id="now">While the server runs</h2>
            <p className={styles.quiet}>A change holds at once and after the next start, and is written down.</p>
            {changeable.map((setting) => (
              // Anew with each change, so that the field shows what holds.
              <SettingField key={`${setting.name} ${setting.value}`} setting={setting} mode={mode} />
            ))}
          </section>
          <AtStart settings={settings.data.filter(({ change }) => change === null)} />
        </>
      )}
    </>
  );
}

function AtStart({ settings }: { settings: readonly SettingInfo[] }) {
  return (
    <section aria-labelledby="start">
      <h2 id="start">Given at the start</h2>
      <p className={styles.quiet}>
        These stand in the environment of the server. To change one, set its variable and start the server again.
      </p>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>Variable</th>
            <th>Value</th>
            <th>What it is</th>
          </tr>
        </thead>
        <tbody>
          {settings.map(({ name, variable, value, help }) => (
            <tr key={name}>
              <td>
                <code>{variable}</code>
              </td>
              <td data-label="Value" className={styles.value}>
                {value || <span className={styles.quiet}>(empty)</span>}
              </td>
              <td>{sentence(help)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
