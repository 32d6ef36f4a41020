// Which key presses belong to the control that has the focus, and which to the editor.

const TYPING =
  "input:not([type=checkbox], [type=radio], [type=range], [type=file]), textarea, select, [contenteditable=true]";
/** Widgets that use arrows, letters or Escape themselves. */
const WIDGET = "[role=menu], [role=listbox], [role=dialog], [role=slider], [role=radiogroup], [role=combobox]";
/** What moves a value; letters, digits and Escape stay with the editor. */
const MOVES = /^(Arrow.*|Home|End|Page.*| |Enter)$/;
const PRESSABLE = "button, a[href], summary, [role=button], [role=switch], input[type=checkbox]";

/** True where `event` is for the focused control: typing in a field, arrows in a slider, Space and Enter on a button. */
export function belongsToControl(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof Element)) return false;
  if (target.closest(TYPING) || target.closest("[role=dialog], [role=menu], [role=listbox]")) return true;
  if (event.ctrlKey || event.metaKey) return false;
  if (target.closest(WIDGET) || target.matches("input[type=radio]")) return MOVES.test(event.key);
  if (target.closest(PRESSABLE)) return event.key === " " || event.key === "Enter";
  return false;
}
