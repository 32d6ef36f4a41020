// Folders from which people start to look.

import { UnstyledButton } from "@mantine/core";
import { IconDeviceDesktop, IconFolder, IconHome } from "@tabler/icons-react";
import type { FolderListing } from "../../api/files";
import styles from "./fileBrowser.module.css";

interface PlacesProps {
  places: FolderListing["places"];
  path: string;
  onGo: (path: string) => void;
}

const iconOf = (name: string) => (name === "Home" ? IconHome : name === "Computer" ? IconDeviceDesktop : IconFolder);

export function Places({ places, path, onGo }: PlacesProps) {
  return (
    <nav className={styles.places} aria-label="Places">
      {places.map(({ name, path: to }) => {
        const Icon = iconOf(name);
        return (
          <UnstyledButton
            key={to}
            className={styles.place}
            aria-current={to === path ? "location" : undefined}
            onClick={() => onGo(to)}
            title={to}
          >
            <Icon size={16} stroke={1.6} aria-hidden />
            <span>{name}</span>
          </UnstyledButton>
        );
      })}
    </nav>
  );
}
