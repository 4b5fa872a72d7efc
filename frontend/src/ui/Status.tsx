import type { WorkState } from "../api/types";
import { formatDuration, formatPercent, formatRoughDuration } from "./format";
import classes from "./status.module.css";

type Look = { word: string; shape: string; tone: "running" | "waiting" | "finished" | "stopped" | "failed" };

const LOOKS: Record<WorkState, Look> = {
  queued: { word: "Waiting", shape: "◷", tone: "waiting" },
  starting: { word: "Starting", shape: "▶", tone: "running" },
  running: { word: "Running", shape: "▶", tone: "running" },
  stopping: { word: "Stopping", shape: "■", tone: "stopped" },
  finished: { word: "Finished", shape: "✓", tone: "finished" },
  failed: { word: "Failed", shape: "✕", tone: "failed" },
  stopped: { word: "Stopped", shape: "■", tone: "stopped" },
  lost: { word: "Lost", shape: "✕", tone: "failed" },
  inspecting: { word: "Reading", shape: "▶", tone: "running" },
  scanning: { word: "Scanning", shape: "▶", tone: "running" },
  ready: { word: "Ready", shape: "✓", tone: "finished" },
};

const ACTIVE: ReadonlySet<WorkState> = new Set(["queued", "starting", "running", "stopping", "inspecting", "scanning"]);

export function isActive(state: WorkState): boolean {
  return ACTIVE.has(state);
}

export function stateWord(state: WorkState): string {
  return LOOKS[state].word;
}

/** Word, shape and colour; none of them alone. */
export function StateLabel({ state }: { state: WorkState }) {
  const look = LOOKS[state];
  return (
    <span className={classes.state} data-tone={look.tone}>
      <span aria-hidden="true" className={classes.shape}>
        {look.shape}
      </span>
      <span className={classes.word}>{look.word}</span>
    </span>
  );
}

type ProgressProps = { value: number; label: string; state?: WorkState };

export function ProgressBar({ value, label, state = "running" }: ProgressProps) {
  const percent = Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      className={classes.track}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      data-tone={LOOKS[state].tone}
    >
      <div className={classes.bar} style={{ width: `${percent}%` }} />
    </div>
  );
}

/** State, and while it goes on the share done and the time left. */
export function StateWithProgress({
  state,
  progress,
  secondsLeft,
  label,
}: {
  state: WorkState;
  progress: number;
  secondsLeft: number | null;
  label: string;
}) {
  const shows = isActive(state) && state !== "queued";
  return (
    <div className={classes.withProgress}>
      <div className="spread">
        <StateLabel state={state} />
        {shows && (
          <span
            className={`tiny muted number ${classes.left}`}
            title={secondsLeft === null ? undefined : `${formatDuration(secondsLeft)} left`}
          >
            {formatPercent(progress)}
            {secondsLeft !== null && `, ${formatRoughDuration(secondsLeft)} left`}
          </span>
        )}
      </div>
      {shows && <ProgressBar value={progress} label={label} state={state} />}
    </div>
  );
}
