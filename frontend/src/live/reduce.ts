/** Reduction and smoothing of long series. Both run over every point: what is drawn must not change with the zoom. */

export type Reduced = { x: number[]; y: number[] };

/** The index range of the points within [from, to], with one neighbour on each side so that lines reach the edge. */
export function visibleRange(x: Float64Array, length: number, from: number, to: number): [number, number] {
  const start = Math.max(0, lowerBound(x, length, from) - 1);
  const end = Math.min(length, lowerBound(x, length, to) + 2);
  return [start, Math.max(start, end)];
}

/** At most four points a bucket: first, lowest, highest and last, in order. Spikes and NaN gaps survive. */
export function reduce(
  x: Float64Array,
  y: Float64Array,
  low: Float64Array,
  high: Float64Array,
  start: number,
  end: number,
  buckets: number,
): Reduced {
  const out: Reduced = { x: [], y: [] };
  const width = Math.max(1, (end - start) / buckets);
  for (let bucket = 0; start + Math.floor(bucket * width) < end; bucket++) {
    const first = start + Math.floor(bucket * width);
    const stop = Math.min(end, start + Math.floor((bucket + 1) * width));
    if (stop > first) reduceBucket(x, y, low, high, first, stop, out);
  }
  return out;
}

function reduceBucket(
  x: Float64Array,
  y: Float64Array,
  low: Float64Array,
  high: Float64Array,
  first: number,
  stop: number,
  out: Reduced,
): void {
  let lowest = first;
  let highest = first;
  for (let i = first + 1; i < stop; i++) {
    if (at(low, i) < at(low, lowest) || Number.isNaN(at(low, lowest))) lowest = i;
    if (at(high, i) > at(high, highest) || Number.isNaN(at(high, highest))) highest = i;
  }
  const put = (index: number, value: number) => {
    out.x.push(at(x, index));
    out.y.push(value);
  };
  let previous = -1;
  for (const index of [first, Math.min(lowest, highest), Math.max(lowest, highest), stop - 1]) {
    if (index === previous) continue;
    const value =
      stop - first === 1
        ? at(y, index)
        : index === lowest
          ? at(low, index)
          : index === highest
            ? at(high, index)
            : at(y, index);
    put(index, value);
    previous = index;
  }
}

/** Exponential smoothing with the start-up bias removed; `weight` 0 gives the values back. NaN stays NaN and is skipped. */
export function smooth(y: Float64Array, length: number, weight: number): Float64Array {
  if (weight <= 0) return y;
  const out = new Float64Array(length);
  let running = 0;
  let mass = 0;
  for (let i = 0; i < length; i++) {
    const value = at(y, i);
    if (!Number.isFinite(value)) {
      out[i] = value;
      continue;
    }
    running = weight * running + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    out[i] = running / mass;
  }
  return out;
}

function lowerBound(x: Float64Array, length: number, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(x, middle) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function at(values: Float64Array, index: number): number {
  return values[index] as number;
}
