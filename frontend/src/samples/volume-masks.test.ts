import { describe, expect, it } from "vitest";
import type { Mask } from "../api/types";
import { gridSlice, sliceOfMask, stretchesOf, type Axis, type Grid } from "./volume-masks";

const GRID: Grid = { depth: 3, height: 4, width: 5 };
const at = (z: number, y: number, x: number) => x * GRID.height * GRID.depth + y * GRID.depth + z;

/** Every third voxel or so, as run lengths that also go on from one column to the next. */
function someMask(): { mask: Mask; voxels: Set<number> } {
  const runs = [
    [2, 1],
    [5, 8],
    [20, 3],
    [31, 30],
  ];
  const voxels = new Set(
    runs.flatMap(([start, length]) => Array.from({ length: length ?? 0 }, (_, i) => (start ?? 0) - 1 + i)),
  );
  return { mask: { label: "tumour", runs: runs.flat().join(" "), iou: null }, voxels };
}

describe("masks of a volume in slices", () => {
  it.each([
    ["depth", 0, (u: number, v: number, at_: number) => at(at_, v, u)],
    ["height", 1, (u: number, v: number, at_: number) => at(v, at_, u)],
    ["width", 2, (u: number, v: number, at_: number) => at(v, u, at_)],
  ] as const)("show the voxels of each slice along %s", (side, axis, place) => {
    const { mask, voxels } = someMask();
    for (let slice = 0; slice < GRID[side]; slice++) {
      const plane = sliceOfMask(mask, GRID, axis as Axis, slice);
      for (let v = 0; v < plane.height; v++) {
        for (let u = 0; u < plane.width; u++) {
          expect(plane.pixels[v * plane.width + u]).toBe(voxels.has(place(u, v, slice)) ? 1 : 0);
        }
      }
    }
  });

  it("are parsed once", () => {
    const { mask } = someMask();
    expect(stretchesOf(mask, 3)).toBe(stretchesOf(mask, 3));
    expect(stretchesOf({ label: "none", runs: "", iou: null }, 3)).toHaveLength(0);
  });

  it("follow the slices of a volume that is finer than their grid", () => {
    expect([0, 1, 2, 3, 510, 511].map((slice) => gridSlice(slice, 512, 256))).toEqual([0, 0, 1, 1, 255, 255]);
    expect([0, 1, 2].map((slice) => gridSlice(slice, 3, 3))).toEqual([0, 1, 2]);
    expect(gridSlice(300, 301, 151)).toBe(150);
  });
});
