import { SegmentedControl, Slider, Switch } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import type { MetricInfo, Run } from "../api/types";
import { AXIS_TITLES, type ChartAxis, type ChartRange, type ChartView } from "../live/chart-lines";
import { LineChart } from "../live/LineChart";
import { useRunSeries } from "../live/run-series";
import { formatMetric } from "../ui/format";
import { useShortcuts } from "../ui/keys";
import { useSearchState } from "../ui/search-state";
import { isActive } from "../ui/Status";
import { EmptyState, ErrorPanel, LoadingBlock } from "../ui/states";
import { DivergenceNotice } from "./DivergenceNotice";
import { type ChartGroup, chartGroups } from "./chart-groups";
import { LazyPart } from "./LazyPart";
import classes from "./experiment.module.css";

type ChartsProps = {
  experiment: string;
  run: Run;
  colour: number;
  metrics: readonly MetricInfo[];
  main: string | null;
};

/** Every series of a run as charts that share axis, smoothing, cursor and zoom. */
export function Charts({ experiment, run, colour, metrics, main }: ChartsProps) {
  const { series, version, error } = useRunSeries(run.id);
  const [view, setView, controls] = useChartView();
  const groups = useMemo(
    () => chartGroups(run, colour, series, metrics, main),
    [run, colour, series, version, metrics, main],
  );
  const allLines = useMemo(() => groups.flatMap((group) => group.lines), [groups]);
  const [showsRest, setShowsRest] = useState(false);
  useShortcuts({ f: () => setView({ range: null }) });
  if (groups.length === 0) {
    if (error) return <ErrorPanel title="The charts could not be loaded." error={error} />;
    if (!series.isLoaded) return <LoadingBlock height={320} />;
    return (
      <EmptyState title={isActive(run.state) ? "No points yet" : "Nothing was logged"}>
        {isActive(run.state)
          ? (run.phase ? `Now: ${run.phase.name}${run.phase.detail ? `, ${run.phase.detail}` : ""}. ` : "") +
            "Charts appear with the first training steps."
          : "This run ended before its first training step."}
      </EmptyState>
    );
  }
  const draw = (group: ChartGroup) => (
    <LazyPart key={group.id} height={318}>
      <LineChart
        title={group.title}
        note={noteOf(group, run, main)}
        lines={group.lines}
        version={version}
        view={view}
        bounds={group.bounds}
        allLines={allLines}
        onRange={(range) => setView({ range })}
        syncKey={run.id}
        height={250}
      />
    </LazyPart>
  );
  const rest = groups.filter((group) => !group.isMain);
  return (
    <div className="column" style={{ gap: 16 }}>
      <ChartControls view={view} setView={setView} {...controls} />
      <DivergenceNotice loss={series.series.get("train.loss")} experiment={experiment} />
      <div className={classes.charts}>{groups.filter((group) => group.isMain).map(draw)}</div>
      {rest.length > 0 && (
        <div>
          <button
            type="button"
            className={classes.fold}
            aria-expanded={showsRest}
            onClick={() => setShowsRest(!showsRest)}
          >
            {showsRest ? "▾" : "▸"} More charts ({rest.length})
          </button>
          {showsRest && <div className={classes.charts}>{rest.map(draw)}</div>}
        </div>
      )}
    </div>
  );
}

/** What to make of a chart; a single point makes no curve, and that is said. */
function noteOf(group: ChartGroup, run: Run, main: string | null): string | undefined {
  const note = group.id === main && typeof run.best.metric === "number" ? bestNote(run, group.note) : group.note;
  const isOnePoint = group.lines.every((line) => line.series.length === 1);
  const equal = group.equals && `equal here: ${group.equals.join(", ")}`;
  return [note, equal, isOnePoint && "one point"].filter(Boolean).join(" · ") || undefined;
}

function bestNote(run: Run, note: string | undefined): string {
  const epoch = typeof run.best.epoch === "number" ? ` at epoch ${Number(run.best.epoch.toFixed(2))}` : "";
  return [note, `best ${formatMetric(run.best.metric)}${epoch}`].filter(Boolean).join(" · ");
}

type ControlsState = { setAxis: (axis: string) => void; setSmoothing: (smoothing: string) => void };

function useChartView(): [
  ChartView,
  (change: { range?: ChartRange | null; isLog?: boolean; hidesOutliers?: boolean }) => void,
  ControlsState,
] {
  const [axis, setAxis] = useSearchState("x", "samples");
  const [smoothing, setSmoothing] = useSearchState("smooth", "0");
  const [own, setOwn] = useState<{ range: ChartRange | null; isLog: boolean; hidesOutliers: boolean }>({
    range: null,
    isLog: false,
    hidesOutliers: false,
  });
  useEffect(() => setOwn((old) => ({ ...old, range: null })), [axis]);
  const view = useMemo(
    () => ({
      ...own,
      axis: (axis in AXIS_TITLES ? axis : "samples") as ChartAxis,
      smoothing: Math.min(0.99, Math.max(0, Number(smoothing) || 0)),
    }),
    [own, axis, smoothing],
  );
  return [view, (change) => setOwn((old) => ({ ...old, ...change })), { setAxis, setSmoothing }];
}

type ChartControlsProps = ControlsState & {
  view: ChartView;
  setView: (change: { range?: ChartRange | null; isLog?: boolean; hidesOutliers?: boolean }) => void;
};

function ChartControls({ view, setView, setAxis, setSmoothing }: ChartControlsProps) {
  return (
    <div className={classes.chartControls} role="toolbar" aria-label="Chart options">
      <SegmentedControl
        size="xs"
        aria-label="Horizontal axis"
        value={view.axis}
        onChange={setAxis}
        data={Object.entries(AXIS_TITLES).map(([value, label]) => ({ value, label }))}
      />
      <div className={classes.smoothing}>
        <span className="small muted">
          Smoothing <span className="number">{view.smoothing.toFixed(2)}</span>
        </span>
        <Slider
          w={130}
          size="sm"
          thumbLabel="Smoothing"
          label={null}
          min={0}
          max={0.99}
          step={0.01}
          value={view.smoothing}
          onChange={(value) => setSmoothing(String(value))}
        />
      </div>
      <Switch
        size="sm"
        withThumbIndicator={false}
        label="Log scale"
        checked={view.isLog}
        onChange={(event) => setView({ isLog: event.currentTarget.checked })}
      />
      <Switch
        size="sm"
        withThumbIndicator={false}
        label="Hide outliers"
        checked={view.hidesOutliers}
        onChange={(event) => setView({ hidesOutliers: event.currentTarget.checked })}
      />
      <Switch
        size="sm"
        withThumbIndicator={false}
        label="Follow"
        checked={view.range === null}
        disabled={view.range === null}
        onChange={() => setView({ range: null })}
      />
    </div>
  );
}
