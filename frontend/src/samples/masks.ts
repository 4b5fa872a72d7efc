import type { Mask, SampleView } from "../api/types";
import type { Overlay } from "./overlay";
import { annotationOf } from "./renderer";

/** Pixels of a mask on its grid, row by row: 1 where the class is. */
export type Bitmap = { width: number; height: number; pixels: Uint8Array } & Partial<Corner>;

/** Where a bitmap that is a part of the grid begins. */
export type Corner = { left: number; top: number };

export type MaskSide = {
  width: number | null;
  height: number | null;
  /** Of a volume. */
  depth: number | null;
  masks: readonly Mask[];
};

const NO_MASKS: MaskSide = { width: null, height: null, depth: null, masks: [] };

export function masksOf(sample: SampleView, side: "truth" | "prediction"): MaskSide {
  return annotationOf(sample, side, "masks") ?? NO_MASKS;
}

/** Those of classes that are not hidden. */
export function shownMasks(
  sample: SampleView,
  side: "truth" | "prediction",
  { hiddenClasses }: Pick<Overlay, "hiddenClasses">,
): readonly Mask[] {
  return masksOf(sample, side).masks.filter((mask) => !hiddenClasses.includes(mask.label));
}

/** The classes of a sample's masks, those of the truth first. */
export function maskClasses(sample: SampleView): string[] {
  const names = [masksOf(sample, "truth"), masksOf(sample, "prediction")].flatMap((one) => one.masks);
  return [...new Set(names.map((mask) => mask.label))];
}

/** Run lengths (start and length, from 1, down the columns) as pixels; what lies outside is left out. */
export function bitmapOf(runs: string, width: number, height: number): Bitmap {
  const pixels = new Uint8Array(width * height);
  for (const [start, end] of stretchesOf(runs, pixels.length)) {
    for (let place = start; place < end; place++) {
      pixels[(place % height) * width + Math.floor(place / height)] = 1;
    }
  }
  return { width, height, pixels };
}

/** The part of the grid that run lengths touch: small objects cost little, however large the image is. */
export function regionOf(runs: string, width: number, height: number): Bitmap & Corner {
  const stretches = stretchesOf(runs, width * height);
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const [start, end] of stretches) {
    const [first, last] = [Math.floor(start / height), Math.floor((end - 1) / height)];
    left = Math.min(left, first);
    right = Math.max(right, last + 1);
    top = Math.min(top, first === last ? start % height : 0);
    bottom = Math.max(bottom, first === last ? ((end - 1) % height) + 1 : height);
  }
  if (stretches.length === 0) return { left: 0, top: 0, width: 0, height: 0, pixels: new Uint8Array() };
  const columns = right - left;
  const pixels = new Uint8Array(columns * (bottom - top));
  for (const [start, end] of stretches) {
    for (let place = start; place < end; place++) {
      pixels[((place % height) - top) * columns + Math.floor(place / height) - left] = 1;
    }
  }
  return { left, top, width: columns, height: bottom - top, pixels };
}

/** Pairs of first pixel, from 0, and the one behind the last; what lies outside is left out. */
function stretchesOf(runs: string, size: number): [number, number][] {
  const numbers = runs.split(" ").filter(Boolean).map(Number);
  const found: [number, number][] = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const start = Math.max(0, (numbers[i] as number) - 1);
    const end = Math.min((numbers[i] as number) - 1 + (numbers[i + 1] as number), size);
    if (start < end) found.push([start, end]);
  }
  return found;
}

/** How many pixels run lengths have. */
export function areaOf(runs: string): number {
  return runs
    .split(" ")
    .filter((_, i) => i % 2 === 1)
    .reduce((sum, length) => sum + Number(length), 0);
}

/** The pixels as an SVG path of rectangles, one for each stretch of a row, equal rows below each other in one. */
export function filledPath({ width, height, pixels, left = 0, top: above = 0 }: Bitmap): string {
  const parts: string[] = [];
  let open = new Map<string, number>();
  for (let y = 0; y <= height; y++) {
    const next = new Map<string, number>();
    if (y < height) {
      for (const [from, to] of stretches(pixels.subarray(y * width, (y + 1) * width))) {
        const key = `${from},${to}`;
        next.set(key, open.get(key) ?? y);
      }
    }
    for (const [key, top] of open) {
      if (next.has(key)) continue;
      const [from, to] = key.split(",").map(Number) as [number, number];
      parts.push(`M${left + from} ${above + top}H${left + to}V${above + y}H${left + from}Z`);
    }
    open = next;
  }
  return parts.join("");
}

/** The border between pixels that are in the mask and those that are not. */
export function outlinePath({ width, height, pixels, left = 0, top = 0 }: Bitmap): string {
  const parts: string[] = [];
  const at = (x: number, y: number) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : pixels[y * width + x]);
  const line = (length: number, differs: (i: number) => boolean, write: (from: number, to: number) => void) => {
    let from = -1;
    for (let i = 0; i <= length; i++) {
      const is = i < length && differs(i);
      if (is && from < 0) from = i;
      if (!is && from >= 0) {
        write(from, i);
        from = -1;
      }
    }
  };
  for (let y = 0; y <= height; y++) {
    line(
      width,
      (x) => at(x, y - 1) !== at(x, y),
      (from, to) => parts.push(`M${left + from} ${top + y}H${left + to}`),
    );
  }
  for (let x = 0; x <= width; x++) {
    line(
      height,
      (y) => at(x - 1, y) !== at(x, y),
      (from, to) => parts.push(`M${left + x} ${top + from}V${top + to}`),
    );
  }
  return parts.join("");
}

function stretches(row: Uint8Array): [number, number][] {
  const found: [number, number][] = [];
  let from = row.indexOf(1);
  while (from >= 0) {
    const end = row.indexOf(0, from);
    const to = end < 0 ? row.length : end;
    found.push([from, to]);
    from = row.indexOf(1, to);
  }
  return found;
}
