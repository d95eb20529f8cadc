/** Whether a key belongs to a field rather than to the page. */

/** Tell whether the reader is typing, or holds a key that browsers use themselves. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  const isField = target.matches(
    "input, textarea, select, [contenteditable], [role=combobox], [role=textbox]",
  );
  return isField || target.closest("[role=menu], [role=dialog], [role=listbox]") !== null;
}
