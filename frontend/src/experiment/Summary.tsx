import type { Experiment, MetricInfo, Run } from "../api/types";
import { formatBytes, formatDuration, formatInterval, formatMetric, formatTime } from "../ui/format";
import { FactList, Section } from "../ui/Page";
import { Answer } from "../ui/states";
import { stateWord } from "../ui/Status";
import { SERIES_TITLES } from "./chart-groups";
import { useAskedSettings } from "./asked-settings";
import { ChangeTable } from "./ChangeTable";
import { verdict } from "./verdict";
import { Speed } from "./Speed";
import classes from "./experiment.module.css";

/** Final and best metrics with their definitions, the changed settings, environment and timing. */
export function Summary({
  experiment,
  run,
  metrics,
}: {
  experiment: Experiment;
  run: Run;
  metrics: readonly MetricInfo[];
}) {
  const { form, settings } = useAskedSettings(experiment, run.grid);
  return (
    <div className="column" style={{ gap: 28 }}>
      <Section title="Metrics">
        <MetricTable run={run} metrics={metrics} main={experiment.metric?.name ?? null} />
      </Section>
      <div className={classes.twoColumns}>
        <Section title="Changed settings">
          <Answer query={settings} what="The settings">
            {() => form && <ChangeTable form={form} />}
          </Answer>
        </Section>
        <div className="column" style={{ gap: 28 }}>
          <Section title="Run">
            <FactList facts={runFacts(experiment, run)} />
          </Section>
          <Section title="Environment">
            <FactList facts={Object.entries(run.environment).map(([label, value]) => ({ label, value }))} />
          </Section>
        </div>
      </div>
      <Section title="Where the time goes">
        <Speed run={run} />
      </Section>
      <Section title="History">
        <ul className={classes.history}>
          {run.history.map((entry, i) => (
            <li key={i}>
              <span className="muted number">{formatTime(entry.time)}</span>
              <span>{stateWord(entry.state)}</span>
              <span className="muted">{entry.reason}</span>
            </li>
          ))}
        </ul>
      </Section>
    </div>
  );
}

const SPLITS = ["train", "validation", "test"] as const;

function MetricTable({ run, metrics, main }: { run: Run; metrics: readonly MetricInfo[]; main: string | null }) {
  const names = [...new Set(SPLITS.flatMap((split) => Object.keys(run.metrics[split])))]
    .filter((name) => name === "loss" || metrics.some((one) => one.name === name))
    .sort((a, b) => Number(b === main) - Number(a === main));
  if (names.length === 0) return <p className="muted">Metrics appear after the first validation.</p>;
  const intervals = Object.fromEntries(run.predictions.map((one) => [one.split, one.intervals ?? {}]));
  const baselines = Object.fromEntries(run.predictions.map((one) => [one.split, one.baseline?.metrics ?? {}]));
  const baseline = run.predictions.find((one) => one.baseline)?.baseline?.name;
  const found = verdict(
    run,
    metrics.find((one) => one.name === main),
  );
  const hasIntervals = Object.values(intervals).some((one) => Object.keys(one).length > 0);
  return (
    <div className="column" style={{ gap: 8 }}>
      {found && (
        <p className={classes.verdict} data-outcome={found.outcome}>
          {found.text}
        </p>
      )}
      <div className={classes.tableScroll} tabIndex={0} role="region" aria-label="Metrics">
        <table className={classes.metricTable}>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col">Training</th>
              <th scope="col">Validation</th>
              <th scope="col">Test</th>
              <th scope="col">Best validation</th>
              <th scope="col" className={classes.definition}>
                What it means
              </th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => {
              const metric = metrics.find((one) => one.name === name);
              return (
                <tr key={name} data-main={name === main || undefined}>
                  <th scope="row" title={metric?.definition}>
                    {metric?.label ?? SERIES_TITLES[name] ?? name}
                    {metric && (
                      <span
                        className="muted"
                        title={metric.direction === "maximize" ? "Higher is better" : "Lower is better"}
                      >
                        {" "}
                        {metric.direction === "maximize" ? "↑" : "↓"}
                      </span>
                    )}
                  </th>
                  {SPLITS.map((split) => {
                    const interval = intervals[split]?.[name];
                    const base = baselines[split]?.[name];
                    return (
                      <td key={split}>
                        {formatMetric(run.metrics[split][name])}
                        {interval && <span className={classes.interval}>{formatInterval(interval)}</span>}
                        {base !== undefined && <span className={classes.interval}>baseline {formatMetric(base)}</span>}
                      </td>
                    );
                  })}
                  <td>{name === main && bestWords(run)}</td>
                  <td className={classes.definition}>{metric?.definition ?? ""}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {run.predictions.length > 0 && (
        <p className="muted">
          {hasIntervals
            ? "The range below a value is its 95 % interval: where it would lie on other rows of the same kind."
            : "Too few rows for 95 % intervals: at least 20 with known labels are needed."}
          {baseline && ` The baseline predicts the ${baseline} for every row.`}
        </p>
      )}
    </div>
  );
}

/** The best validation: where it was reached, and of how many weights the model is the average. */
function bestWords({ best }: Run) {
  if (typeof best.metric !== "number") return "";
  const epoch = typeof best.epoch === "number" ? `, epoch ${Number(best.epoch.toFixed(2))}` : "";
  return `${formatMetric(best.metric)}${epoch}${best.averaged ? `, mean of ${best.averaged} weights` : ""}`;
}

function runFacts(experiment: Experiment, run: Run) {
  const checkpoints = run.checkpoints.reduce((sum, one) => sum + one.size_bytes, 0);
  return [
    { label: "Device", value: run.device || "–" },
    { label: "Seed", value: String(run.seed) },
    ...(run.fold !== null ? [{ label: "Validation fold", value: run.fold }] : []),
    { label: "Epochs", value: `${Number(run.epoch.toFixed(2))} of ${run.epochs}` },
    { label: "Optimizer steps", value: `${run.update} of ${run.updates}` },
    { label: "Attempt", value: String(run.attempt) },
    ...(run.started !== null
      ? [{ label: "Duration", value: formatDuration((run.ended ?? Date.now() / 1000) - run.started) }]
      : []),
    { label: "Checkpoints", value: `${run.checkpoints.length}, ${formatBytes(checkpoints)}` },
    ...(run.machine
      ? [
          { label: "Memory", value: formatBytes(run.machine.memory_bytes) },
          { label: "CPU", value: `${Math.round(run.machine.cpu_percent)} %` },
        ]
      : []),
    { label: "Settings fingerprint", value: experiment.settings_fingerprint.slice(0, 12) },
  ];
}
