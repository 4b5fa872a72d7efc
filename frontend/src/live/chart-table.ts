import { AXIS_TITLES, type ChartLine } from "./chart-lines";

/** Rows of the data table and of the CSV: how many samples had been seen, and each line's value then. */
export function tableRows(lines: ChartLine[], limit: number): { header: string[]; rows: (number | null)[][] } {
  const steps = [...new Set(lines.flatMap(({ series }) => [...series.step.subarray(0, series.length)]))].sort(
    (a, b) => a - b,
  );
  const every = Math.max(1, Math.ceil(steps.length / limit));
  const kept = steps.filter((_, i) => i % every === 0 || i === steps.length - 1);
  const lookups = lines.map(
    ({ series }) =>
      new Map([...series.step.subarray(0, series.length)].map((step, i) => [step, series.value[i] as number])),
  );
  return {
    header: [AXIS_TITLES.samples, ...lines.map((line) => line.label)],
    rows: kept.map((step) => [step, ...lookups.map((lookup) => lookup.get(step) ?? null)]),
  };
}
