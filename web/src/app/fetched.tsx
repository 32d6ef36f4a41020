// Components that are fetched when they are first shown.

import { type ComponentType, type ReactNode, useEffect, useState } from "react";

type Load<Props> = () => Promise<{ default: ComponentType<Props> }>;

export interface Fetched<Props> {
  (props: Props): ReactNode;
  /** Begins to fetch it before it is shown; a failure is met again, and told, when it is. */
  ahead(): void;
}

/**
 * The component that `load` leads to; nothing is shown until it is there.
 *
 * React's own `lazy` would keep what was fetched hidden for 0.3 s, so that a waiting sign does not flash.
 */
export function fetched<Props extends object>(load: Load<Props>): Fetched<Props> {
  let found: ComponentType<Props> | null = null;
  const fetchIt = async (): Promise<void> => {
    found = (await load()).default;
  };

  function Shown(props: Props): ReactNode {
    const [, drawAgain] = useState({});
    useEffect(() => {
      if (found) return;
      fetchIt().then(
        () => drawAgain({}),
        (failure) =>
          drawAgain(() => {
            throw failure; // to the nearest boundary
          }),
      );
    }, []);
    const Component = found;
    return Component && <Component {...props} />;
  }
  Shown.ahead = (): void => {
    fetchIt().catch(() => {});
  };
  return Shown;
}
