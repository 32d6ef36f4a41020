// Which screen is shown.

import { lazy, Suspense, useEffect } from "react";
import { AccountGate } from "../accounts/AccountGate";
import { ManualScreen } from "../manual/ManualScreen";
import { EditorScreen } from "../panels/EditorScreen";
import { DropAnywhere } from "./DropAnywhere";
import { FileBrowser } from "./files/FileBrowser";
import { Home } from "./Home";
import { OpeningCard } from "./OpeningCard";
import { type Route, useRoute } from "./route";
import { learnServerMode } from "./serverMode";

const GalleryScreen = lazy(() => import("../gallery/GalleryScreen"));
const EntryScreen = lazy(() => import("../gallery/EntryScreen"));
const MyEntriesScreen = lazy(() => import("../share/MyEntriesScreen"));
const FollowScreen = lazy(() => import("../share/FollowScreen"));
const AdminScreen = lazy(() => import("../admin/AdminScreen"));
const ModerationScreen = lazy(() => import("../moderation/ModerationScreen"));

export function App() {
  const route = useRoute();
  useEffect(() => void learnServerMode(), []);
  return (
    <AccountGate route={route}>
      <Screen route={route} />
    </AccountGate>
  );
}

function Screen({ route }: { route: Route }) {
  switch (route.screen) {
    case "home":
    case "invite":
    case "signIn":
    case "signInBack":
      return (
        <>
          <Home />
          <DropAnywhere projectOpen={false} />
          <FileBrowser />
        </>
      );
    case "project":
      return (
        <>
          <EditorScreen key={route.projectId} projectId={route.projectId} />
          <OpeningCard />
          <DropAnywhere projectOpen />
          <FileBrowser />
        </>
      );
    case "manual":
      return <ManualScreen page={route.page} />;
    case "gallery":
      return (
        <Suspense fallback={null}>
          <GalleryScreen query={route.query} />
        </Suspense>
      );
    case "entry":
      return (
        <Suspense fallback={null}>
          <EntryScreen key={route.entryId} entryId={route.entryId} version={route.version} />
        </Suspense>
      );
    case "myEntries":
      return (
        <Suspense fallback={null}>
          <MyEntriesScreen />
        </Suspense>
      );
    case "follow":
      return (
        <Suspense fallback={null}>
          <FollowScreen token={route.token} />
        </Suspense>
      );
    case "moderation":
      return (
        <Suspense fallback={null}>
          <ModerationScreen />
        </Suspense>
      );
    case "admin":
      return (
        <Suspense fallback={null}>
          <AdminScreen section={route.section} />
        </Suspense>
      );
  }
}
