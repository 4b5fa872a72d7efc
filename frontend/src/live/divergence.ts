import type { Series } from "./series";

/** How many times the typical first loss counts as lost: bad steps recover, and losses of healthy runs fall. */
const LOST = 10;
const FIRST_SHARE = 0.1;
const LEAST_POINTS = 8;

/** The typical loss at the start and at the end of a training whose loss has grown without end; else null. */
export function divergence(loss: Series): { from: number; to: number } | null {
  if (loss.length < LEAST_POINTS) return null;
  const count = Math.max(3, Math.floor(loss.length * FIRST_SHARE));
  const from = median(loss.value.subarray(0, count));
  const to = median(loss.value.subarray(loss.length - count, loss.length));
  return !Number.isFinite(to) || to > LOST * Math.max(Math.abs(from), 1e-3) ? { from, to } : null;
}

function median(values: ArrayLike<number>): number {
  const sorted = Array.from(values).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
