export type Extent = [number, number];

/** A linear scale from values to pixels, with its inverse. */
export function scale(
  [from, to]: Extent,
  [low, high]: Extent,
): ((value: number) => number) & { invert: (pixel: number) => number } {
  const span = to - from || 1;
  return Object.assign((value: number) => low + ((value - from) / span) * (high - low), {
    invert: (pixel: number) => Math.min(to, Math.max(from, from + ((pixel - low) / (high - low)) * span)),
  });
}

/** Round numbers within an extent, about `count` of them. */
export function niceTicks([from, to]: Extent, count: number): number[] {
  const span = to - from;
  if (!(span > 0)) return [from];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step - 1e-9) * step; tick <= to + step * 1e-9; tick += step)
    ticks.push(Number(tick.toPrecision(12)));
  return ticks;
}

/** The extent of numbers with a little space around. */
export function extentOf(values: Iterable<number | null>, space = 0.04): Extent {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!Number.isFinite(low)) return [0, 1];
  const margin = (high - low || Math.abs(high) || 1) * space;
  return [low - margin, high + margin];
}
