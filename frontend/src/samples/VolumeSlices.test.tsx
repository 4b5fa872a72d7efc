import { describe, expect, it } from "vitest";
import { MOST_SLICES, sliceOf } from "./VolumeSlices";

describe("sliceOf", () => {
  it("goes through every slice of a short axis", () => {
    expect([0, 1, 2, 3].map((tile) => sliceOf(tile, 4))).toEqual([0, 1, 2, 3]);
  });

  it("spreads tiles evenly over a long axis, first and last among them", () => {
    const found = Array.from({ length: MOST_SLICES }, (_, tile) => sliceOf(tile, 100));
    expect([found[0], found.at(-1)]).toEqual([0, 99]);
    expect(new Set(found).size).toBe(MOST_SLICES);
  });

  it("knows an axis of one slice", () => {
    expect(sliceOf(0, 1)).toBe(0);
  });
});
