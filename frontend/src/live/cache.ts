import type { QueryClient } from "@tanstack/react-query";
import type { ExperimentPage } from "../api/experiments";
import type { Dataset, Experiment, ExperimentRow, InsightEntry, LogLine, LogPage, Prediction, Run } from "../api/types";

/** Writes stream events into the query cache, so that pages only ever read the cache. */
export function applyEvent(client: QueryClient, name: string, data: unknown): void {
  switch (name) {
    case "snapshot":
      return refetchTopics(client, (data as { topics: string[] }).topics);
    case "run":
      return putRun(client, data as Run);
    case "experiment":
      return putExperiment(client, data as ExperimentRow);
    case "dataset":
      return putDataset(client, data as Dataset);
    case "prediction":
      return putPrediction(client, data as Prediction);
    case "queue":
      void client.invalidateQueries({ queryKey: ["queue"] });
      return;
    case "insight":
      return addInsight(client, data as { run: string; entry: InsightEntry });
    case "log":
      return addLog(client, data as { run: string; lines: LogLine[] });
    case "gone":
      return dropGone(client, data as { kind: string; id: string });
    case "end":
      void client.invalidateQueries({ queryKey: ["runs", (data as { run: string }).run] });
      void client.invalidateQueries({ queryKey: ["experiments"] });
      return;
  }
}

function refetchTopics(client: QueryClient, topics: string[]): void {
  for (const topic of topics) {
    const queryKey = topic.startsWith("run:") ? ["runs", topic.slice(4)] : [topic];
    void client.invalidateQueries({ queryKey, predicate: (query) => query.state.dataUpdatedAt < Date.now() - 300 });
  }
}

function putRun(client: QueryClient, run: Run): void {
  client.setQueryData<Experiment>(
    ["experiments", run.experiment_id],
    (old) => old && { ...old, runs: old.runs.map((one) => (one.id === run.id ? run : one)) },
  );
}

function putExperiment(client: QueryClient, row: ExperimentRow): void {
  const { runs: _, ...fields } = row;
  const shown = client.getQueryData<Experiment>(["experiments", row.id]);
  client.setQueryData<Experiment>(["experiments", row.id], (old) => old && { ...old, ...fields });
  // Another of its runs has moved: which one is the best may have changed with it.
  if (shown && JSON.stringify(shown.runs_by_state) !== JSON.stringify(row.runs_by_state))
    void client.invalidateQueries({ queryKey: ["experiments", row.id], exact: true });
  const isInPlace: boolean[] = [];
  client.setQueriesData<ExperimentPage>({ queryKey: ["experiments", "list"] }, (old) => {
    const before = old?.items.find((one) => one.id === row.id);
    if (!old || !before) return old;
    // With another state it may belong elsewhere: lists are sorted and filtered by the server.
    isInPlace.push(before.state === row.state);
    return { ...old, items: old.items.map((one) => (one.id === row.id ? row : one)) };
  });
  if (isInPlace.length === 0 || isInPlace.includes(false))
    void client.invalidateQueries({ queryKey: ["experiments", "list"] });
}

function putDataset(client: QueryClient, dataset: Dataset): void {
  const before = client.getQueryData<Dataset>(["datasets", dataset.id]);
  client.setQueryData(["datasets", dataset.id], dataset);
  client.setQueryData<Dataset[]>(["datasets"], (old) => {
    if (!old) return old;
    return old.some((one) => one.id === dataset.id)
      ? old.map((one) => (one.id === dataset.id ? dataset : one))
      : [dataset, ...old];
  });
  if (dataset.state !== "inspecting" && before?.state === "inspecting")
    void client.invalidateQueries({ queryKey: ["datasets", dataset.id] });
}

function putPrediction(client: QueryClient, prediction: Prediction): void {
  client.setQueryData(["predictions", prediction.id], prediction);
  client.setQueryData<Prediction[]>(["predictions"], (old) => {
    if (!old) return old;
    return old.some((one) => one.id === prediction.id)
      ? old.map((one) => (one.id === prediction.id ? prediction : one))
      : [prediction, ...old];
  });
}

function addInsight(client: QueryClient, { run, entry }: { run: string; entry: InsightEntry }): void {
  client.setQueryData<InsightEntry[]>(
    ["runs", run, "insights"],
    (old) => old && [...old.filter((one) => one.key !== entry.key), entry],
  );
  void client.invalidateQueries({ queryKey: ["runs", run, "insights", entry.key] });
  void client.invalidateQueries({ queryKey: ["runs", run, "samples"] });
}

function addLog(client: QueryClient, { run, lines }: { run: string; lines: LogLine[] }): void {
  client.setQueryData<LogPage>(["runs", run, "log", { level: "", q: "" }], (old) => {
    if (!old) return old;
    const last = old.lines.at(-1)?.n ?? -1;
    const fresh = lines.filter((line) => line.n > last);
    if (fresh.length === 0) return old;
    const first_error = old.first_error ?? fresh.find((line) => line.level === "error") ?? null;
    return { lines: [...old.lines, ...fresh], total: Math.max(old.total, fresh.at(-1)?.n ?? 0), first_error };
  });
}

function dropGone(client: QueryClient, { kind, id }: { kind: string; id: string }): void {
  if (kind === "experiment") void client.invalidateQueries({ queryKey: ["experiments", "list"] });
  if (kind === "dataset") client.setQueryData<Dataset[]>(["datasets"], (old) => old?.filter((one) => one.id !== id));
  if (kind === "prediction")
    client.setQueryData<Prediction[]>(["predictions"], (old) => old?.filter((one) => one.id !== id));
}
