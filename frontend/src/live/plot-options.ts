import uPlot from "uplot";
import { AXIS_TITLES, type ChartAxis, type ChartLine, type ChartRange, type ChartView } from "./chart-lines";

export type PlotHooks = {
  xRange: () => ChartRange;
  yRange: () => ChartRange;
  onSelect: (range: ChartRange | null) => void;
  onCursor: (index: number | null) => void;
};

const DASH = [6, 4];

/** uPlot's options in the colours of the theme. Colours are read when the plot is made: a new theme makes a new plot. */
export function plotOptions(
  lines: ChartLine[],
  view: ChartView,
  size: { width: number; height: number },
  syncKey: string,
  hooks: PlotHooks,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour("--muted"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1, size: 4 },
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
    gap: 6,
  };
  const title = { label: AXIS_TITLES[view.axis], labelSize: 18, labelGap: 0, labelFont: axis.font };
  return {
    ...size,
    padding: [10, 12, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: syncKey, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7, width: 1.5 },
      focus: { prox: 24 },
      bind: { dblclick: () => () => (hooks.onSelect(null), null) },
    },
    scales: {
      x: { time: false, range: () => hooks.xRange() },
      y: { distr: view.isLog ? 3 : 1, range: () => hooks.yRange() },
    },
    axes: [
      { ...axis, ...title, size: 32, space: 64, values: (_, ticks) => ticks.map((tick) => tickText(tick, view.axis)) },
      {
        ...axis,
        size: 54,
        space: 36,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : valueTick(tick))),
      },
    ],
    series: [{}, ...plotSeries(lines, view, colour)],
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          hooks.onSelect([
            plot.posToVal(plot.select.left, "x"),
            plot.posToVal(plot.select.left + plot.select.width, "x"),
          ]);
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
      setCursor: [(plot) => hooks.onCursor(plot.cursor.idx ?? null)],
    },
  };
}

function plotSeries(lines: ChartLine[], view: ChartView, colour: (name: string) => string): uPlot.Series[] {
  const ink = (line: ChartLine) => colour(line.ink);
  const dash = (line: ChartLine) => (line.isDashed ? DASH : undefined);
  const points = {
    show: (plot: uPlot, index: number) =>
      (plot.data[index] as (number | null)[]).filter((value) => value !== null && value !== undefined).length <= 40,
    size: 5,
  };
  const drawn = lines.map((line): uPlot.Series => ({
    label: line.label,
    stroke: ink(line),
    dash: dash(line),
    width: 2,
    spanGaps: true,
    points: { ...points, fill: ink(line) },
  }));
  const raw = lines.map((line): uPlot.Series => ({
    label: `${line.label} (raw)`,
    stroke: ink(line),
    alpha: 0.28,
    width: 1,
    spanGaps: true,
    points: { show: false },
  }));
  return view.smoothing > 0 ? [...drawn, ...raw] : drawn;
}

export function tickText(tick: number, axis: ChartAxis): string {
  if (axis === "time") return clock(tick);
  if (axis === "epoch") return String(Number(tick.toFixed(2)));
  return Math.abs(tick) >= 10_000
    ? `${Number((tick / 1000).toFixed(1))}k`
    : Number(tick.toFixed(2)).toLocaleString("en");
}

function clock(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Number((seconds / 60).toFixed(1))} min`;
  return `${Number((seconds / 3600).toFixed(1))} h`;
}

function valueTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(0);
  return String(Number(value.toPrecision(4)));
}
