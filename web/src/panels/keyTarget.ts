// Which key presses belong to the control that has the focus, and which to the editor.

const TYPING =
  "input:not([type=checkbox], [type=radio], [type=range], [type=file]), textarea, select, [contenteditable=true]";
const LAYER = "[role=dialog], [role=menu], [role=listbox]";
/** All keys in a layer belong to it, unless it is a card that leaves the page usable. */
const LEAVES_KEYS = "[data-leaves-keys]";
/** Widgets whose value is moved by keys. */
const WIDGET = "[role=slider], [role=radiogroup]";
/** What moves a value; letters, digits and Escape stay with the editor. */
const MOVES = /^(Arrow.*|Home|End|Page.*| |Enter)$/;
const PRESSABLE = "button, a[href], summary, [role=button], [role=switch], input[type=checkbox]";

/** Whether the focused element takes typed text. */
export const isTyping = (element: Element): boolean => element.closest(TYPING) !== null;

/**
 * Takes the focus from a control that was used by the mouse, so that Space and arrows are the canvas's again.
 *
 * A field keeps it, and so does everything in a dialog or menu.
 */
export function releaseFocus(): void {
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && !isTyping(focused) && !focused.closest(LAYER)) focused.blur();
}

/** True where `event` is for the focused control: typing in a field, arrows in a slider, Space and Enter on a button. */
export function belongsToControl(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof Element)) return false;
  const layer = target.closest(LAYER);
  if (isTyping(target) || (layer && !layer.matches(LEAVES_KEYS))) return true;
  if (event.ctrlKey || event.metaKey) return false;
  if (target.closest(WIDGET) || target.matches("input[type=radio]")) return MOVES.test(event.key);
  if (target.closest(PRESSABLE)) return event.key === " " || event.key === "Enter";
  return false;
}
