// The choice of light or dark, as items of a menu.

import { Menu } from "@mantine/core";
import { SCHEMES, type Scheme, useScheme } from "./scheme";

const LABELS: Record<Scheme, string> = { system: "As the system", light: "Light", dark: "Dark" };

export function AppearanceItems() {
  const { scheme, choose } = useScheme();
  const pick = (value: string): void => choose(SCHEMES.find((name) => name === value) ?? "system");
  return (
    <>
      <Menu.Divider />
      <Menu.Label>Appearance</Menu.Label>
      <Menu.RadioGroup value={scheme} onChange={pick}>
        {SCHEMES.map((name) => (
          <Menu.RadioItem key={name} value={name}>
            {LABELS[name]}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}
