// The five steps of the first visit, and where the card stands beside what it explains.

export interface TourStep {
  /** Value of `data-tour` of the part that is explained. */
  target: string;
  title: string;
  text: string;
}

export const TOUR: readonly TourStep[] = [
  {
    target: "classes",
    title: "Classes are your phases",
    text: "Choose one by a click or by its number key. A double click renames it.",
  },
  {
    target: "tools",
    title: "Mark a little of each",
    text: "Point at something: what a click would label lights up. A right click goes to the next scale. Below are brush, polygon and others.",
  },
  {
    target: "train",
    title: "Train",
    text: "As soon as two classes have labels, press T. The rest of the image is segmented while you look on.",
  },
  {
    target: "overlays",
    title: "Look, and correct",
    text: "V shows and hides what lies over the image. Uncertainty shows where another stroke helps most. Then train again.",
  },
  {
    target: "save",
    title: "Save files",
    text: "Your work saves itself. Here are files for other programs, and the classifier for your other images.",
  },
];

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const GAP = 14;

/** Where a card of `size` stands: beside a tall part, below a wide one, always inside the window. */
export function cardPlace(
  target: Box,
  size: { width: number; height: number },
  screen: { width: number; height: number },
): { left: number; top: number } {
  const within = (value: number, length: number, room: number): number =>
    Math.max(GAP, Math.min(value, room - length - GAP));
  const besideRight = target.right + GAP;
  const besideLeft = target.left - GAP - size.width;
  const below = target.bottom + GAP;
  if (below + size.height <= screen.height - GAP && target.bottom - target.top < 80) {
    return { left: within(target.left, size.width, screen.width), top: below };
  }
  const left = besideRight + size.width <= screen.width - GAP ? besideRight : besideLeft;
  return { left: within(left, size.width, screen.width), top: within(target.top, size.height, screen.height) };
}
