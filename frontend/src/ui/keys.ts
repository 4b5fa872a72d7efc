import { useEffect, useRef } from "react";

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

/** Page-wide keys such as "/", "n" or "Control+Enter". Letters are left alone while somebody types or a dialog is open. */
export function useShortcuts(shortcuts: Shortcuts, isEnabled = true): void {
  useKeys(shortcuts, isEnabled, false);
}

/** Keys of what is shown in a dialog; while it is open, those of the page behind it rest. */
export function useDialogShortcuts(shortcuts: Shortcuts): void {
  useKeys(shortcuts, true, true);
}

function useKeys(shortcuts: Shortcuts, isEnabled: boolean, isInDialog: boolean): void {
  const current = useRef(shortcuts);
  current.current = shortcuts;
  useEffect(() => {
    if (!isEnabled) return;
    const listen = (event: KeyboardEvent) => {
      const run = current.current[nameOf(event)];
      if (run === undefined || event.defaultPrevented || isForAnother(event, isInDialog)) return;
      event.preventDefault();
      run(event);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [isEnabled, isInDialog]);
}

function nameOf(event: KeyboardEvent): string {
  const modifiers = [(event.ctrlKey || event.metaKey) && "Control", event.altKey && "Alt"].filter(Boolean);
  return [...modifiers, event.key].join("+");
}

function isForAnother(event: KeyboardEvent, isInDialog: boolean): boolean {
  if (event.ctrlKey || event.metaKey) return false;
  const target = event.target as HTMLElement;
  const isTyping =
    target.isContentEditable ||
    target.tagName === "TEXTAREA" ||
    target.tagName === "SELECT" ||
    (target.tagName === "INPUT" &&
      !["checkbox", "radio", "range", "button"].includes((target as HTMLInputElement).type));
  return (
    isTyping ||
    target.closest('[role="menu"], [role="listbox"]') !== null ||
    isInDialog !== (document.querySelector('[role="dialog"]') !== null)
  );
}
