// Which screen is shown. Each is fetched by itself, so that the gallery comes without the editor.

import { AccountGate } from "../accounts/AccountGate";
import { learnMe } from "../accounts/me";
import { ManualScreen } from "../manual/ManualScreen";
import { fetched } from "./fetched";
import { queries } from "./queries";
import { addressNow, parseRoute, type Route, useRoute } from "./route";

const WorkScreens = fetched(() => import("./WorkScreens"));
const GalleryScreen = fetched(() => import("../gallery/GalleryScreen"));
const EntryScreen = fetched(() => import("../gallery/EntryScreen"));
const MyEntriesScreen = fetched(() => import("../share/MyEntriesScreen"));
const FollowScreen = fetched(() => import("../share/FollowScreen"));
const AdminScreen = fetched(() => import("../admin/AdminScreen"));
const ModerationScreen = fetched(() => import("../moderation/ModerationScreen"));

/** Asks for what the first screen needs, all at once, before anything is drawn. */
export function beginFirstScreen(): void {
  void learnMe();
  const route = parseRoute(addressNow());
  if (route.screen === "gallery") {
    GalleryScreen.ahead();
    import("../gallery/useGallerySearch").then(
      ({ askAhead }) => askAhead(queries, route.query),
      () => {}, // met again with the screen
    );
  } else if (route.screen === "entry") EntryScreen.ahead();
  else if (route.screen === "home" || route.screen === "project") WorkScreens.ahead();
}

export function App() {
  const route = useRoute();
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
      return <WorkScreens projectId={null} />;
    case "project":
      return <WorkScreens projectId={route.projectId} />;
    case "manual":
      return <ManualScreen page={route.page} />;
    case "gallery":
      return <GalleryScreen query={route.query} />;
    case "entry":
      return <EntryScreen key={route.entryId} entryId={route.entryId} version={route.version} />;
    case "myEntries":
      return <MyEntriesScreen />;
    case "follow":
      return <FollowScreen token={route.token} />;
    case "moderation":
      return <ModerationScreen />;
    case "admin":
      return <AdminScreen section={route.section} />;
  }
}
