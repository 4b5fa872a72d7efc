import { useEffect } from "react";
import type { FormStore, SavedForm } from "./store";

/** The unsent form, kept in the tab's session so that a reload loses nothing. */
const KEY = "studio-draft";
const SAVE_AFTER_MS = 300;

export function readDraft(form: string): SavedForm | null {
  const text = sessionStorage.getItem(KEY);
  if (text === null) return null;
  const draft = JSON.parse(text) as { form: string; saved: SavedForm };
  return draft.form === form ? draft.saved : null;
}

export function dropDraft(): void {
  sessionStorage.removeItem(KEY);
}

export function useKeptDraft(store: FormStore, form: string): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = store.watch(() => {
      clearTimeout(timer);
      timer = setTimeout(
        () => sessionStorage.setItem(KEY, JSON.stringify({ form, saved: store.save() })),
        SAVE_AFTER_MS,
      );
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store, form]);
}
