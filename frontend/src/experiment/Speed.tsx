import type { Run, RunTimings, SpeedChoice } from "../api/types";
import { formatDuration, formatPercent } from "../ui/format";
import { isActive } from "../ui/Status";
import classes from "./speed.module.css";

const PART_COLOURS: Record<string, string> = {
  "waiting for data": "var(--series-6)",
  transfer: "var(--series-4)",
  forward: "var(--series-0)",
  backward: "var(--series-3)",
  optimizer: "var(--series-1)",
  logging: "var(--series-5)",
  validation: "var(--series-2)",
  checkpoint: "var(--series-7)",
};

/** Where a run's time goes, and how it computes. */
export function Speed({ run }: { run: Run }) {
  if (run.timings === null && run.speed === null)
    return (
      <p className="muted">
        {isActive(run.state)
          ? "Measured in the first seconds of training."
          : "This run did not train, so nothing was timed."}
      </p>
    );
  return (
    <div className="column" style={{ gap: 16 }}>
      {run.timings && <TimeBar timings={run.timings} />}
      {run.speed && <Choice speed={run.speed} />}
    </div>
  );
}

function TimeBar({ timings }: { timings: RunTimings }) {
  const parts = Object.entries(timings.seconds).filter(([, seconds]) => seconds > 0);
  const total = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
  if (total === 0) return null;
  const rate = timings.samples / total;
  return (
    <div>
      <div className={classes.bar} aria-hidden="true">
        {parts.map(([part, seconds]) => (
          <i key={part} style={{ flexGrow: seconds / total, background: colourOf(part) }} title={part} />
        ))}
      </div>
      <dl className={classes.parts} aria-label="Where the time goes">
        {parts.map(([part, seconds]) => (
          <div key={part}>
            <dt>
              <i style={{ background: colourOf(part) }} aria-hidden="true" />
              {part}
            </dt>
            <dd className="number">
              {formatPercent(seconds / total)} <span className="muted">{formatDuration(seconds)}</span>
            </dd>
          </div>
        ))}
      </dl>
      {timings.samples > 0 && (
        <p className="small muted number">
          {rate >= 10 ? Math.round(rate) : rate.toFixed(1)} samples per second over {formatDuration(total)}, validation
          included
        </p>
      )}
    </div>
  );
}

function colourOf(part: string): string {
  return PART_COLOURS[part] ?? "var(--track)";
}

/** Precision and memory layout in words; models without pixels have no layout. */
function wayOf({ precision, layout }: { precision: string; layout: string }): string {
  return layout === "Any" ? precision : `${precision}, ${layout.toLowerCase()}`;
}

function plainWay(layout: string): string {
  return layout === "Any" ? "float32" : "float32 with channels first";
}

function Choice({ speed }: { speed: SpeedChoice }) {
  return (
    <div>
      <p>
        Computes in <strong>{wayOf(speed)}</strong>
        {speed.gain > 1.005 && `: ${speed.gain.toFixed(2)} times as fast as ${plainWay(speed.layout)}`}
      </p>
      <p className="small muted">{speed.reason}</p>
      {speed.candidates.length > 0 && (
        <div className={classes.scroll} tabIndex={0} role="region" aria-label="Compute modes measured">
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Compute mode</th>
                <th scope="col">Step</th>
                <th scope="col">Loss difference</th>
                <th scope="col">Outcome</th>
              </tr>
            </thead>
            <tbody>
              {speed.candidates.map((one) => (
                <tr key={`${one.precision} ${one.layout}`} data-chosen={one.verdict === "" || undefined}>
                  <th scope="row">{wayOf(one)}</th>
                  <td className="number">{one.seconds === null ? "–" : `${(one.seconds * 1000).toFixed(0)} ms`}</td>
                  <td className="number">{one.deviation === null ? "–" : formatPercent(one.deviation, 2)}</td>
                  <td>{one.verdict === "" ? "chosen" : one.verdict}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
