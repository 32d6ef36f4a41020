// Whether something has been so for a while, so that what is over at once shows nothing.

import { useEffect, useState } from "react";

export function useLasting(active: boolean, milliseconds: number): boolean {
  const [isLasting, setLasting] = useState(false);
  useEffect(() => {
    if (!active) return;
    const timer = setTimeout(() => setLasting(true), milliseconds);
    return () => {
      clearTimeout(timer);
      setLasting(false);
    };
  }, [active, milliseconds]);
  return isLasting;
}
