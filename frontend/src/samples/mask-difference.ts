import type { Mask } from "../api/types";
import type { Bitmap } from "./masks";
import type { Match } from "./match";

const TRUE = 1;
const PREDICTED = 2;
const ERRORS: readonly [Match, number][] = [
  ["false_negative", TRUE],
  ["false_positive", PREDICTED],
  ["wrong_class", TRUE | PREDICTED],
];

/**
 * How prediction and truth compare at every pixel that has a class in either: where classes overlap, a mistake in one
 * of them counts. `draw` gives all masks on one grid.
 */
export function differenceOf(
  truth: readonly Mask[],
  predicted: readonly Mask[],
  draw: (mask: Mask) => Bitmap,
): [Match, Bitmap][] {
  const grids = new Map<string, Uint8Array>();
  let sides = { width: 0, height: 0 };
  for (const [masks, bit] of [
    [truth, TRUE],
    [predicted, PREDICTED],
  ] as const) {
    for (const mask of masks) {
      const { width, height, pixels } = draw(mask);
      sides = { width, height };
      const grid = grids.get(mask.label) ?? new Uint8Array(pixels.length);
      grids.set(mask.label, grid);
      for (let i = 0; i < grid.length; i++) if (pixels[i] === 1) grid[i] = (grid[i] as number) | bit;
    }
  }
  const errors = new Uint8Array(sides.width * sides.height);
  const agreed = new Uint8Array(errors.length);
  for (const grid of grids.values()) {
    for (let i = 0; i < grid.length; i++) {
      const said = grid[i] as number;
      if (said === (TRUE | PREDICTED)) agreed[i] = 1;
      else errors[i] = (errors[i] as number) | said;
    }
  }
  const correct = agreed.map((is, i) => (is === 1 && errors[i] === 0 ? 1 : 0));
  return [
    ["correct", { ...sides, pixels: correct }],
    ...ERRORS.map(([match, bits]): [Match, Bitmap] => [
      match,
      { ...sides, pixels: errors.map((one) => (one === bits ? 1 : 0)) },
    ]),
  ];
}
