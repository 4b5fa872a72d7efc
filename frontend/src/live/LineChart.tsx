import { useComputedColorScheme } from "@mantine/core";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatMetric } from "../ui/format";
import { useSize } from "../ui/size";
import {
  AXIS_TITLES,
  chartData,
  type ChartLine,
  type ChartRange,
  type ChartView,
  describeLines,
  extent,
  type ValueBounds,
  valueRange,
} from "./chart-lines";
import { ChartFrame } from "./ChartFrame";
import { plotOptions, tickText } from "./plot-options";
import classes from "./chart.module.css";

type LineChartProps = {
  title: string;
  lines: ChartLine[];
  /** Changes whenever points arrive. */
  version: number;
  view: ChartView;
  onRange: (range: ChartRange | null) => void;
  syncKey: string;
  note?: string;
  bounds?: ValueBounds;
  /** Lines whose extent the chart takes, so that charts side by side share their axis. */
  allLines?: ChartLine[];
  height?: number;
};

const REDRAW_EVERY_MS = 100;

/** Lines over steps: live, zoomable, usable by keyboard, with its data as a table. */
export function LineChart({
  title,
  lines,
  version,
  view,
  onRange,
  syncKey,
  note,
  bounds,
  allLines,
  height = 240,
}: LineChartProps) {
  const [ref, { width }] = useSize<HTMLDivElement>();
  const scheme = useComputedColorScheme("light");
  const [cursor, setCursor] = useState<number | null>(null);
  const [spoken, setSpoken] = useState("");
  const plot = useRef<uPlot | null>(null);
  const live = useRef<Live>({ lines, view, onRange, bounds, allLines });
  live.current = { lines, view, onRange, bounds, allLines };
  const shape = `${lines.map((line) => `${line.id}/${line.ink}/${line.label}`).join()}|${view.axis}|${view.isLog}|${view.smoothing > 0}|${scheme}`;

  useEffect(() => {
    if (width < 40 || ref.current === null) return;
    const made = makePlot(ref.current, live, { width, height }, syncKey, setCursor);
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [shape, width, height, syncKey, ref]);

  useRedraw(plot, live, `${version}|${view.smoothing}|${view.range?.join()}|${view.hidesOutliers}`);
  useEffect(() => {
    const timer = setTimeout(
      () => cursor !== null && plot.current && setSpoken(speak(plot.current, cursor, lines, view)),
      300,
    );
    return () => clearTimeout(timer);
  }, [cursor, lines, view]);

  const summary = useMemo(() => describeLines(lines, formatMetric), [lines, version]);
  const values = lines.map((line, i) => ({ line, value: shownValue(plot.current, cursor, i, line) }));
  return (
    <ChartFrame
      title={title}
      note={note}
      summary={summary}
      lines={lines}
      version={version}
      plot={plot}
      values={values}
      height={height}
      position={cursor === null || !plot.current ? null : tickText(plot.current.data[0][cursor] ?? 0, view.axis)}
    >
      <div
        ref={ref}
        className={classes.plot}
        style={{ height }}
        tabIndex={0}
        role="group"
        aria-roledescription="chart"
        aria-label={`${title}. ${summary}`}
        onKeyDown={(event) => plot.current && steer(event, plot.current, live.current)}
      />
      <span className="hidden-visually" aria-live="polite">
        {spoken}
      </span>
    </ChartFrame>
  );
}

type Live = {
  lines: ChartLine[];
  view: ChartView;
  onRange: (range: ChartRange | null) => void;
  bounds?: ValueBounds;
  allLines?: ChartLine[];
};

function makePlot(
  target: HTMLElement,
  live: { current: Live },
  size: { width: number; height: number },
  syncKey: string,
  onCursor: (index: number | null) => void,
): uPlot {
  const { lines, view } = live.current;
  const data = chartData(lines, view, size.width);
  const plot: uPlot = new uPlot(
    plotOptions(lines, view, size, syncKey, {
      xRange: () =>
        live.current.view.range ?? extent(live.current.allLines ?? live.current.lines, live.current.view.axis),
      yRange: () =>
        valueRange(plot?.data ?? data, live.current.view.hidesOutliers, live.current.view.isLog, live.current.bounds),
      onSelect: (range) => live.current.onRange(range),
      onCursor,
    }),
    data,
    target,
  );
  return plot;
}

/** Gives new points to the plot at most ten times a second, and not at all while the page is hidden. */
function useRedraw(plot: { current: uPlot | null }, live: { current: Live }, change: string): void {
  const last = useRef(0);
  useEffect(() => {
    let frame = 0;
    const wait = Math.max(0, REDRAW_EVERY_MS - (performance.now() - last.current));
    const timer = setTimeout(() => {
      frame = requestAnimationFrame(() => {
        const target = plot.current;
        last.current = performance.now();
        if (target) target.setData(chartData(live.current.lines, live.current.view, target.width), true);
      });
    }, wait);
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  }, [change, plot, live]);
}

function shownValue(plot: uPlot | null, cursor: number | null, index: number, line: ChartLine): number | null {
  if (plot !== null && cursor !== null) {
    const column = plot.data[index + 1] as (number | null | undefined)[] | undefined;
    for (let i = cursor; column && i >= 0; i--) if (typeof column[i] === "number") return column[i] as number;
  }
  return line.series.length > 0 ? (line.series.value[line.series.length - 1] as number) : null;
}

function speak(plot: uPlot, cursor: number, lines: ChartLine[], view: ChartView): string {
  const place = tickText(plot.data[0][cursor] ?? 0, view.axis);
  return `${AXIS_TITLES[view.axis]} ${place}: ${lines.map((line, i) => `${line.label} ${formatMetric(shownValue(plot, cursor, i, line))}`).join(", ")}`;
}

function steer(event: KeyboardEvent, plot: uPlot, { lines, allLines, view, onRange }: Live): void {
  const x = plot.data[0];
  const [low, high] = view.range ?? extent(allLines ?? lines, view.axis);
  const now = plot.cursor.idx ?? x.length - 1;
  const jump = event.shiftKey ? 10 : 1;
  const moves: Record<string, () => void> = {
    ArrowLeft: () => moveCursor(plot, Math.max(0, now - jump)),
    ArrowRight: () => moveCursor(plot, Math.min(x.length - 1, now + jump)),
    Home: () => moveCursor(plot, 0),
    End: () => moveCursor(plot, x.length - 1),
    "+": () => onRange([low + (high - low) / 4, high - (high - low) / 4]),
    "-": () => onRange([low - (high - low) / 2, high + (high - low) / 2]),
    "0": () => onRange(null),
    Escape: () => onRange(null),
  };
  const move = moves[event.key];
  if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  move();
}

function moveCursor(plot: uPlot, index: number): void {
  plot.setCursor({ left: plot.valToPos(plot.data[0][index] ?? 0, "x"), top: plot.over.clientHeight / 2 });
}
