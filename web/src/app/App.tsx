// Which screen is shown.

import { ManualScreen } from "../manual/ManualScreen";
import { EditorScreen } from "../panels/EditorScreen";
import { DropAnywhere } from "./DropAnywhere";
import { Home } from "./Home";
import { OpeningCard } from "./OpeningCard";
import { useRoute } from "./route";

export function App() {
  const route = useRoute();
  switch (route.screen) {
    case "home":
      return (
        <>
          <Home />
          <DropAnywhere projectOpen={false} />
        </>
      );
    case "project":
      return (
        <>
          <EditorScreen key={route.projectId} projectId={route.projectId} />
          <OpeningCard />
          <DropAnywhere projectOpen />
        </>
      );
    case "manual":
      return <ManualScreen page={route.page} />;
  }
}
