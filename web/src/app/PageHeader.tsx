// The slim header of screens without an image.

import { ActionIcon, Anchor, Menu } from "@mantine/core";
import { IconContrastFilled } from "@tabler/icons-react";
import { PersonMenu } from "../accounts/PersonMenu";
import { AppearanceItems } from "../theme/AppearanceItems";
import { Logo } from "./Logo";
import styles from "./pageHeader.module.css";
import { addressOf } from "./route";

export function PageHeader() {
  return (
    <header className={styles.header}>
      <a className={styles.brand} href={addressOf({ screen: "home" })}>
        <Logo size={20} />
        sambaseg
      </a>
      <div className={styles.spring} />
      <Anchor c="dimmed" href={addressOf({ screen: "gallery", query: "" })}>
        Gallery
      </Anchor>
      <Anchor c="dimmed" href={addressOf({ screen: "manual", page: "" })}>
        Manual
      </Anchor>
      <PersonMenu />
      <Menu position="bottom-end" width={180}>
        <Menu.Target>
          <ActionIcon aria-label="Appearance">
            <IconContrastFilled size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <AppearanceItems />
        </Menu.Dropdown>
      </Menu>
    </header>
  );
}
