import { CloseButton } from "@mantine/core";
import { useEffect, useState, useSyncExternalStore } from "react";
import classes from "./notices.module.css";

/** Short messages at the bottom right. Never the only trace of an error. */
export type Notice = { id: number; text: string; action?: { label: string; run: () => void } };

const SHOWN_MS = 6_000;
let notices: Notice[] = [];
let nextId = 1;
const watchers = new Set<() => void>();

export function notify(text: string, action?: Notice["action"]): void {
  change([...notices.slice(-3), { id: nextId++, text, action }]);
}

export function Notices() {
  const shown = useSyncExternalStore(
    (watcher) => (watchers.add(watcher), () => watchers.delete(watcher)),
    () => notices,
  );
  return (
    <div className={classes.stack} role="status" aria-live="polite">
      {shown.map((notice) => (
        <NoticeLine key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function NoticeLine({ notice }: { notice: Notice }) {
  const [isPaused, setIsPaused] = useState(false);
  const close = () => change(notices.filter((one) => one.id !== notice.id));
  useEffect(() => {
    if (isPaused) return;
    const timer = setTimeout(close, SHOWN_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div
      className={classes.notice}
      onPointerEnter={() => setIsPaused(true)}
      onPointerLeave={() => setIsPaused(false)}
      onFocus={() => setIsPaused(true)}
      onBlur={() => setIsPaused(false)}
    >
      <span className="grow">{notice.text}</span>
      {notice.action && (
        <button type="button" className={classes.action} onClick={() => (notice.action?.run(), close())}>
          {notice.action.label}
        </button>
      )}
      <CloseButton size="sm" aria-label="Close message" onClick={close} />
    </div>
  );
}

function change(next: Notice[]): void {
  notices = next;
  for (const watcher of watchers) watcher();
}
