import { useEffect, useState, useSyncExternalStore } from "react";
import { fetchSeries } from "../api/runs";
import { RunSeries } from "./series";
import { stream } from "./stream";

const HISTORY_POINTS = 10_000;

type Points = { run: string; series: Record<string, [number, number | null][]> };

/** The series of a run: history once, then what the stream brings. Fetches again whenever the stream may have missed something. */
export function useRunSeries(run: string): { series: RunSeries; version: number; error: unknown } {
  const [series] = useState(() => new RunSeries());
  const [error, setError] = useState<unknown>(null);
  const version = useSyncExternalStore(series.watch, series.current);
  useEffect(() => {
    let isGone = false;
    const load = () =>
      fetchSeries(run, HISTORY_POINTS).then(
        (answer) => !isGone && (series.load(answer.series), setError(null)),
        (problem: unknown) => !isGone && setError(problem),
      );
    void load();
    const stop = stream.subscribe([`run:${run}`], {
      onCovered: () => void load(),
      onEvent: (name, data) => {
        if (name === "points" && (data as Points).run === run) series.add((data as Points).series, Date.now() / 1000);
        if (name === "snapshot") void load();
        if (name === "end" && (data as { run: string }).run === run) void load();
      },
    });
    return () => {
      isGone = true;
      stop();
    };
  }, [run, series]);
  return { series, version, error };
}
