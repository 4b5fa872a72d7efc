import type { Mask } from "../api/types";
import type { Bitmap, MaskSide } from "./masks";

/** Sides of the grid that run lengths of a volume are counted in. */
export type Grid = { depth: number; height: number; width: number };

/** 0 looks along the depth, 1 along the height, 2 along the width. */
export type Axis = 0 | 1 | 2;

const known = new WeakMap<Mask, Int32Array>();

export function gridOf(side: MaskSide): Grid | null {
  const { depth, height, width } = side;
  return depth && height && width ? { depth, height, width } : null;
}

/**
 * A mask as stretches through the slices: the number of a column, its first slice, and the slice behind its last.
 * Runs count along the depth first, so they are short lists however large the volume is; parsed once a mask.
 */
export function stretchesOf(mask: Mask, depth: number): Int32Array {
  const found = known.get(mask);
  if (found) return found;
  const numbers = mask.runs.split(" ");
  const parts: number[] = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    let at = Number(numbers[i]) - 1;
    const end = at + Number(numbers[i + 1]);
    while (at < end) {
      const column = Math.floor(at / depth);
      const to = Math.min(end, (column + 1) * depth);
      parts.push(column, at - column * depth, to - column * depth);
      at = to;
    }
  }
  const stretches = Int32Array.from(parts);
  known.set(mask, stretches);
  return stretches;
}

/** The mask in one slice, as it lies in the picture of that slice. */
export function sliceOfMask(mask: Mask, grid: Grid, axis: Axis, at: number): Bitmap {
  const { depth, height } = grid;
  const stretches = stretchesOf(mask, depth);
  const width = axis === 2 ? height : grid.width;
  const pixels = new Uint8Array(width * (axis === 0 ? height : depth));
  for (let i = 0; i < stretches.length; i += 3) {
    const column = stretches[i] as number;
    const from = stretches[i + 1] as number;
    const to = stretches[i + 2] as number;
    const y = column % height;
    const x = (column - y) / height;
    if (axis === 0) {
      if (from <= at && at < to) pixels[y * width + x] = 1;
    } else if (at === (axis === 1 ? y : x)) {
      const beside = axis === 1 ? x : y;
      for (let z = from; z < to; z++) pixels[z * width + beside] = 1;
    }
  }
  return { width, height: axis === 0 ? height : depth, pixels };
}

/** The slice of the grid that shows a slice of the volume; the grid leaves out slices of long axes evenly. */
export function gridSlice(slice: number, count: number, shown: number): number {
  return Math.min(shown - 1, Math.floor(slice / Math.ceil(count / shown)));
}
