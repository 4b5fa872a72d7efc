import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, apiPath, read, withQuery } from "./client";
import { nextOffset, SAMPLES_A_PAGE } from "./datasets";
import type { Insight } from "./insight";
import type { InsightEntry, LogPage, MediaSize, RunFile, SamplePage, SampleView, SeriesHistory } from "./types";

export type RunSampleFilter = {
  split: string | null;
  sort: string;
  truth: string | null;
  prediction: string | null;
  correct: string | null;
  rows?: string | null;
};

export function fetchSeries(run: string, points: number): Promise<{ series: Record<string, SeriesHistory> }> {
  return api.get(apiPath("runs", run, "series"), { points });
}

export function useInsights(run: string | null) {
  return useQuery({
    queryKey: ["runs", run, "insights"],
    queryFn: () => api.get<InsightEntry[]>(apiPath("runs", run ?? "", "insights")),
    enabled: run !== null,
  });
}

export function useInsight(run: string, key: string | null) {
  return useQuery({
    queryKey: ["runs", run, "insights", key],
    queryFn: () => api.get<Insight>(apiPath("runs", run, "insights", key ?? "")),
    enabled: key !== null,
    staleTime: Infinity,
  });
}

export function useRunSamples(run: string, filter: RunSampleFilter, enabled = true) {
  return useInfiniteQuery({
    queryKey: ["runs", run, "samples", filter],
    queryFn: ({ pageParam }) =>
      api.get<SamplePage>(apiPath("runs", run, "samples"), { ...filter, offset: pageParam, limit: SAMPLES_A_PAGE }),
    initialPageParam: 0,
    getNextPageParam: nextOffset,
    placeholderData: keepPreviousData,
    enabled,
  });
}

export function useLog(run: string, level: string, q: string) {
  return useQuery({
    queryKey: ["runs", run, "log", { level, q }],
    queryFn: () => fetchLog(run, level, q),
    placeholderData: keepPreviousData,
  });
}

/** The last 200 lines of a run's log. */
export function useLogEnd(run: string, isWanted: boolean) {
  return useQuery({
    queryKey: ["runs", run, "log", "end"],
    queryFn: () => api.get<LogPage>(apiPath("runs", run, "log"), { limit: 200, end: true }),
    enabled: isWanted,
  });
}

const LOG_LINES = 5000;

/** The last lines of a log. */
async function fetchLog(run: string, level: string, q: string): Promise<LogPage> {
  return api.get<LogPage>(apiPath("runs", run, "log"), { limit: LOG_LINES, end: true, level, q });
}

/** Puts lines from before the first one of a log in front of it. */
export function useEarlierLines(run: string, level: string, q: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (before: number) =>
      api.get<LogPage>(apiPath("runs", run, "log"), { limit: LOG_LINES, end: true, before, level, q }),
    onSuccess: ({ lines }, before) =>
      client.setQueryData<LogPage>(
        ["runs", run, "log", { level, q }],
        (old) => old && { ...old, lines: [...lines, ...old.lines.filter((line) => line.n >= before)] },
      ),
  });
}

export function useRunFiles(run: string | null) {
  return useQuery({
    queryKey: ["runs", run, "files"],
    queryFn: () => api.get<RunFile[]>(apiPath("runs", run ?? "", "files")),
    enabled: run !== null,
  });
}

export function runFile(run: string, name: string): string {
  return `${apiPath("runs", run, "files")}/${name.split("/").map(encodeURIComponent).join("/")}`;
}

export function runMedia(run: string, path: string): string {
  return withQuery(apiPath("runs", run, "media"), { path });
}

/** A predicted sample with a map of what in it explains the prediction; asked only when wanted. */
export function useExplanation(run: string | null, split: string, row: number, enabled: boolean) {
  return useQuery({
    queryKey: ["runs", run, "explanation", split, row],
    queryFn: () =>
      api.get<{ sample: SampleView; seconds: number }>(apiPath("runs", run ?? "", "explanation"), { split, row }),
    enabled: enabled && run !== null,
    staleTime: Infinity,
    retry: false,
  });
}

export function answerMedia(run: string, path: string, size: MediaSize = "full"): string {
  return withQuery(apiPath("runs", run, "answer", "media"), { path, size });
}

export function useBuildPipeline(run: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      api.post<{ name: string; size_bytes: number; sha256: string }>(`${apiPath("runs", run)}/pipeline`),
    onSuccess: () => client.invalidateQueries({ queryKey: ["runs", run, "files"] }),
  });
}

type Asked = File | Record<string, string | string[]>;

/** Asks the run's model about one file, or one row of column names and values; the answer comes back at once. */
export function useAnswer(run: string, explains: boolean) {
  return useMutation({
    mutationFn: async (asking: Asked | Promise<Asked>) => {
      const asked = await asking;
      const isFile = asked instanceof File;
      const response = await fetch(withQuery(apiPath("runs", run, "answer"), { interpret: String(explains) }), {
        method: "POST",
        credentials: "same-origin",
        body: isFile ? asked : JSON.stringify(asked),
        headers: { "Content-Type": isFile ? asked.type || "application/octet-stream" : "application/json" },
      });
      return (await read(response)) as { sample: SampleView; seconds: number };
    },
  });
}
