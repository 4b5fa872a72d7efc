import type { Run } from "../api/types";

/** How far a stop is, and when the run is made to end if it does not. */
export function StopNotice({ run }: { run: Run | undefined }) {
  const stop = run?.state === "stopping" ? run.stop : null;
  if (!stop) {
    return null;
  }
  return <span className="number">{stopWords(stop.stage, stop.deadline)}</span>;
}

/** The sentence for a stage; `deadline` is in seconds since the epoch. */
export function stopWords(stage: "asked" | "told" | "killed", deadline: number): string {
  const time = new Date(deadline * 1000).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  switch (stage) {
    case "asked":
      return `Stop requested. The process is terminated at ${time}.`;
    case "told":
      return `Terminating. The process is killed at ${time}.`;
    case "killed":
      return "Killing the process.";
  }
}
