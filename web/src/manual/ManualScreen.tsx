// The manual as a screen of its own, with an address for each page.

import { lazy, Suspense } from "react";
import { PageHeader } from "../app/PageHeader";
import { goTo } from "../app/route";
import styles from "./manualScreen.module.css";

const ManualReader = lazy(() => import("./ManualReader"));

export function ManualScreen({ page }: { page: string }) {
  return (
    <div className={styles.screen}>
      <PageHeader />
      <main className={styles.main}>
        <Suspense fallback={null}>
          <ManualReader page={page} onPage={(next) => goTo({ screen: "manual", page: next })} />
        </Suspense>
      </main>
    </div>
  );
}
