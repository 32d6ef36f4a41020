// For administrators: people, storage, jobs, what waits for a moderator, settings, health, and what was done.

import { useEffect } from "react";
import { useMe } from "../accounts/me";
import { PageHeader } from "../app/PageHeader";
import { ADMIN_SECTIONS, type AdminSection, addressOf } from "../app/route";
import styles from "./admin.module.css";
import { SECTION_NAMES } from "./adminWords";
import { JobsSection } from "./JobsSection";
import { LogSection } from "./LogSection";
import { OverviewSection } from "./OverviewSection";
import { PeopleSection } from "./PeopleSection";
import { SettingsSection } from "./SettingsSection";
import { StorageSection } from "./StorageSection";

export default function AdminScreen({ section }: { section: AdminSection }) {
  const me = useMe((state) => state.ended ?? state.me);
  useEffect(() => {
    document.title = "Administration – sambaseg";
    return () => {
      document.title = "sambaseg";
    };
  }, []);
  if (!me) return null;
  const isAdmin = me.mode !== "local" && me.role === "admin";
  return (
    <div className={styles.screen}>
      <PageHeader />
      <main className={styles.main}>
        <h1>Administration</h1>
        {isAdmin ? (
          <>
            <Sections section={section} />
            <Section section={section} />
          </>
        ) : (
          <p role="alert">
            {me.mode === "local"
              ? "There is nothing to administrate where one person has everything."
              : "This page is for administrators. Ask one, or sign in as one."}
          </p>
        )}
      </main>
    </div>
  );
}

function Sections({ section }: { section: AdminSection }) {
  return (
    <nav className={styles.sections} aria-label="Administration">
      {ADMIN_SECTIONS.map((name) => (
        <a
          key={name}
          href={addressOf({ screen: "admin", section: name })}
          aria-current={name === section ? "page" : undefined}
        >
          {SECTION_NAMES[name]}
        </a>
      ))}
    </nav>
  );
}

function Section({ section }: { section: AdminSection }) {
  switch (section) {
    case "overview":
      return <OverviewSection />;
    case "people":
      return <PeopleSection />;
    case "storage":
      return <StorageSection />;
    case "jobs":
      return <JobsSection />;
    case "settings":
      return <SettingsSection />;
    case "log":
      return <LogSection />;
  }
}
