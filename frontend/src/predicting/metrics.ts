import type { MetricInfo } from "../api/types";

/** Metrics of a prediction by the labels that experiments show, that of the experiment first, then as the problem type orders them. */
export function labelledMetrics(
  values: Readonly<Record<string, number | null>>,
  known: readonly Pick<MetricInfo, "name" | "label">[],
  first: string | null = null,
): { name: string; label: string; value: number | null }[] {
  const labels = new Map(known.map((one) => [one.name, one.label]));
  const names = [...(first ? [first] : []), ...known.map((one) => one.name), ...Object.keys(values)].filter(
    (name) => name in values,
  );
  return [...new Set(names)].map((name) => ({ name, label: labels.get(name) ?? name, value: values[name] ?? null }));
}
