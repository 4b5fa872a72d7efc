import type { MetricInfo } from "../api/types";

/** Metrics of a prediction by the labels that experiments show, in the order of the problem type. */
export function labelledMetrics(
  values: Readonly<Record<string, number | null>>,
  known: readonly Pick<MetricInfo, "name" | "label">[],
): { name: string; label: string; value: number | null }[] {
  const labels = new Map(known.map((one) => [one.name, one.label]));
  const names = [...known.map((one) => one.name).filter((name) => name in values), ...Object.keys(values)];
  return [...new Set(names)].map((name) => ({ name, label: labels.get(name) ?? name, value: values[name] ?? null }));
}
