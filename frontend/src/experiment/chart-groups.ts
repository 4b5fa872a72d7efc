import type { MetricInfo, Run } from "../api/types";
import { runToken } from "../ui/colours";
import type { ChartLine, ValueBounds } from "../live/chart-lines";
import type { RunSeries } from "../live/series";

export type ChartGroup = {
  id: string;
  title: string;
  note?: string;
  lines: ChartLine[];
  isMain: boolean;
  /** Titles of other metrics with the same values. */
  equals?: string[];
  bounds?: ValueBounds;
};

const SPLITS: Record<string, string> = { train: "Training", validation: "Validation", test: "Test" };
export const SERIES_TITLES: Record<string, string> = {
  loss: "Loss",
  learning_rate: "Learning rate",
  gradient_norm: "Gradient norm",
  gradient_norm_clipped: "Gradient norm, clipped",
};

/** Series as charts: the metric people compare by, then loss, then the other metrics, then the rest. One chart a quantity, splits together. */
export function chartGroups(
  run: Run,
  colour: number,
  series: RunSeries,
  metrics: readonly MetricInfo[],
  main: string | null,
): ChartGroup[] {
  const quantities = new Map<string, string[]>();
  for (const name of series.series.keys()) {
    const quantity = name.slice(name.indexOf(".") + 1);
    quantities.set(quantity, [...(quantities.get(quantity) ?? []), name]);
  }
  const stepsPerEpoch = run.epoch > 0 && run.step > 0 ? run.step / run.epoch : null;
  const groups = [...quantities].map(([quantity, names]): ChartGroup => {
    const metric = metrics.find((one) => one.name === quantity);
    return {
      id: quantity,
      title: metric?.label ?? SERIES_TITLES[quantity] ?? spelt(quantity),
      note: metric ? (metric.direction === "maximize" ? "higher is better" : "lower is better") : undefined,
      lines: names.sort().map((name) => ({
        id: name,
        label: SPLITS[name.split(".")[0] ?? ""] ?? name,
        ink: names.length > 1 && name.startsWith("train.") ? "--training" : runToken(colour),
        isDashed: name.startsWith("validation.") && names.length > 1,
        series: series.series.get(name) as ChartLine["series"],
        stepsPerEpoch,
        updates: series.series.get("train.loss") ?? null,
      })),
      isMain: quantity === main || quantity === "loss" || quantity === "learning_rate",
      bounds: metric ? [metric.lowest, metric.highest] : undefined,
    };
  });
  return joinEqual(groups, main).sort(
    (a, b) => rank(a.id, main, metrics) - rank(b.id, main, metrics) || a.title.localeCompare(b.title),
  );
}

/** Metrics whose values are the same everywhere, as micro averages of single labels are by definition, share a chart. */
function joinEqual(groups: ChartGroup[], main: string | null): ChartGroup[] {
  const shown: ChartGroup[] = [];
  const ordered = [...groups].sort((a, b) => Number(b.id === main) - Number(a.id === main));
  for (const group of ordered) {
    const same = shown.find((other) => haveSameValues(other, group));
    if (same) same.equals = [...(same.equals ?? []), group.title];
    else shown.push(group);
  }
  return shown;
}

function haveSameValues(one: ChartGroup, other: ChartGroup): boolean {
  if (!one.bounds || !other.bounds || one.note !== other.note || one.lines.length !== other.lines.length) return false;
  return one.lines.every(({ series }, i) => areSame(series, other.lines[i]?.series));
}

function areSame(one: ChartLine["series"], other: ChartLine["series"] | undefined): boolean {
  if (one.length !== other?.length) return false;
  for (let i = 0; i < one.length; i++) if (!Object.is(one.value[i], other.value[i])) return false;
  return true;
}

function rank(quantity: string, main: string | null, metrics: readonly MetricInfo[]): number {
  if (quantity === main) return 0;
  if (quantity === "loss") return 1;
  if (quantity === "learning_rate") return 2;
  return metrics.some((one) => one.name === quantity) ? 3 : 4;
}

function spelt(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
