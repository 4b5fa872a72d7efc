import uPlot from "uplot";
import { reduce, smooth, visibleRange } from "./reduce";
import type { Series } from "./series";

/** `samples`: training samples seen; `updates`: optimizer steps. */
export type ChartAxis = "samples" | "updates" | "epoch" | "time";
export const AXIS_TITLES: Record<ChartAxis, string> = {
  samples: "Samples seen",
  updates: "Optimizer steps",
  epoch: "Epoch",
  time: "Time",
};
export type ChartRange = [number, number];
export type ChartLine = {
  id: string;
  label: string;
  /** The token of its colour. */
  ink: string;
  isDashed?: boolean;
  series: Series;
  stepsPerEpoch: number | null;
  /** The run's training loss, which has a point at every optimizer step; null where there is none. */
  updates: Series | null;
};
export type ChartView = {
  axis: ChartAxis;
  smoothing: number;
  isLog: boolean;
  hidesOutliers: boolean;
  range: ChartRange | null;
};
/** The ends a quantity cannot pass; null where there is none. */
export type ValueBounds = [number | null, number | null];

/**
 * The axis values of a line; time counts from `start`. Falls back to samples seen where the optimizer steps, the length
 * of an epoch or the times are not known.
 */
export function axisValues(
  { series, stepsPerEpoch, updates }: ChartLine,
  axis: ChartAxis,
  start: number,
): Float64Array {
  if (axis === "updates" && updates !== null && updates.length > 0)
    return series.step.subarray(0, series.length).map((step) => updateAt(updates, step));
  if (axis === "epoch" && stepsPerEpoch !== null)
    return series.step.subarray(0, series.length).map((step) => step / stepsPerEpoch);
  if (axis === "time" && series.length > 0 && !Number.isNaN(series.time[0]))
    return series.time.subarray(0, series.length).map((time) => time - start);
  return series.step;
}

/** The optimizer step at which so many samples had been seen; between two known points in proportion. */
export function updateAt(updates: Series, step: number): number {
  let [low, high] = [0, updates.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((updates.step[middle] as number) < step) low = middle + 1;
    else high = middle;
  }
  const at = (index: number) => (index < 0 ? [0, 0] : [updates.step[index] as number, updates.number[index] as number]);
  const [before, first] = at(low - 1) as [number, number];
  const [after, last] = at(Math.min(low, updates.length - 1)) as [number, number];
  return after > before ? first + ((step - before) / (after - before)) * (last - first) : last;
}

/** The first time among the lines, so that lines of one run share their origin. */
export function startTime(lines: ChartLine[]): number {
  const times = lines
    .filter((line) => line.series.length > 0)
    .map((line) => line.series.time[0] as number)
    .filter(Number.isFinite);
  return times.length > 0 ? Math.min(...times) : 0;
}

/** uPlot's data for the lines: first the drawn lines, then, when smoothed, the raw ones behind them. */
export function chartData(lines: ChartLine[], view: ChartView, pixels: number): uPlot.AlignedData {
  const start = startTime(lines);
  const drawn = lines.map((line) => reducedLine(line, view, start, pixels, view.smoothing));
  const raw = view.smoothing > 0 ? lines.map((line) => reducedLine(line, view, start, pixels, 0)) : [];
  return uPlot.join([...drawn, ...raw]);
}

function reducedLine(
  line: ChartLine,
  view: ChartView,
  start: number,
  pixels: number,
  smoothing: number,
): uPlot.AlignedData {
  const { series } = line;
  const x = axisValues(line, view.axis, start);
  const y = smooth(series.value, series.length, smoothing);
  const [from, to] = view.range ? visibleRange(x, series.length, view.range[0], view.range[1]) : [0, series.length];
  const isRaw = smoothing <= 0;
  const reduced = reduce(x, y, isRaw ? series.low : y, isRaw ? series.high : y, from, to, pixels);
  return [
    reduced.x,
    reduced.y.map((value) => (Number.isFinite(value) && !(view.isLog && value <= 0) ? value : null)),
  ] as uPlot.AlignedData;
}

/** The full extent of the x axis over all lines. */
export function extent(lines: ChartLine[], axis: ChartAxis): ChartRange {
  const start = startTime(lines);
  let low = Infinity;
  let high = -Infinity;
  for (const line of lines) {
    const { series } = line;
    if (series.length === 0) continue;
    const x = axisValues(line, axis, start);
    low = Math.min(low, x[0] as number);
    high = Math.max(high, x[series.length - 1] as number);
  }
  if (!Number.isFinite(low)) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** The y range of what is drawn, without the outer 2 % on each side when outliers are hidden. */
export function valueRange(
  data: uPlot.AlignedData,
  hidesOutliers: boolean,
  isLog: boolean,
  [lowest, highest]: ValueBounds = [null, null],
): ChartRange {
  const values = data
    .slice(1)
    .flatMap((column) => [...(column as (number | null)[])])
    .filter((value): value is number => value !== null && value !== undefined);
  if (values.length === 0) return isLog ? [0.1, 1] : [0, 1];
  values.sort((a, b) => a - b);
  const cut = hidesOutliers ? Math.floor(values.length * 0.02) : 0;
  const low = values[cut] as number;
  const high = values[values.length - 1 - cut] as number;
  if (isLog) return [low / 1.15, high * 1.15];
  const space = high === low ? Math.abs(high) * 0.25 || 0.5 : (high - low) * 0.06;
  // A hair beyond the bound, so that a line on it is drawn whole.
  return [
    Math.max(low - space, (lowest ?? -Infinity) - space * 0.15),
    Math.min(high + space, (highest ?? Infinity) + space * 0.15),
  ];
}

/** One sentence about the lines, generated from their values. */
export function describeLines(lines: ChartLine[], format: (value: number) => string): string {
  const sentences = lines.filter((line) => line.series.length > 0).map((line) => describeLine(line, format));
  return sentences.length > 0 ? sentences.join(" ") : "No points yet.";
}

function describeLine({ label, series }: ChartLine, format: (value: number) => string): string {
  const first = series.value[0] as number;
  const last = series.value[series.length - 1] as number;
  if (series.length === 1 || first === last) return `${label} is ${format(last)}.`;
  return `${label} ${last < first ? "falls" : "rises"} from ${format(first)} to ${format(last)}.`;
}
