import type { MetricInfo, Run } from "../api/types";
import { formatInterval, formatMetric } from "../ui/format";

export type Verdict = { outcome: "better" | "unclear" | "worse"; text: string };

const SPLITS = ["test", "validation"] as const;

/** Whether a run beats the same answer for every row, on test rows if there are any; null where that is unknown. */
export function verdict(run: Run, metric: MetricInfo | undefined): Verdict | null {
  const prediction = SPLITS.map((split) => run.predictions.find((one) => one.split === split)).find(
    (one) => one?.baseline,
  );
  if (!metric || !prediction?.baseline) return null;
  const { name, metrics, differences } = prediction.baseline;
  const [value, base] = [prediction.metrics[metric.name], metrics[metric.name]];
  const difference = differences[metric.name];
  if (value === undefined || base === undefined) return null;
  const subject = `${metric.label} is ${formatMetric(value)} on the ${prediction.split} rows`;
  const same = `always predicting the ${name}`;
  if (!difference) return { outcome: "unclear", text: `${subject}; ${same} gives ${formatMetric(base)}.` };
  const [low, high] = metric.direction === "maximize" ? difference : [-difference[1], -difference[0]];
  if (low > 0)
    return {
      outcome: "better",
      text: `${subject}: better than ${same} (${formatMetric(base)}) by ${formatInterval([low, high])}.`,
    };
  if (high < 0)
    return {
      outcome: "worse",
      text: `${subject}: worse than ${same} (${formatMetric(base)}) by ${formatInterval([-high, -low])}.`,
    };
  return {
    outcome: "unclear",
    text: `${subject}: on these rows that cannot be told from ${same} (${formatMetric(base)}).`,
  };
}
