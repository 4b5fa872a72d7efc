import { describe, expect, it } from "vitest";
import type { Mask } from "../api/types";
import { differenceOf } from "./mask-difference";
import { bitmapOf } from "./masks";

const maskOf = (label: string, runs: string): Mask => ({ label, runs, iou: null });

/** The numbers of pixels, from 1, of each part on a grid of 1 x 8. */
function places(truth: Mask[], predicted: Mask[]): Record<string, number[]> {
  const found = differenceOf(truth, predicted, ({ runs }) => bitmapOf(runs, 8, 1));
  const named = found.map(([match, { pixels }]) => [match, [...pixels].flatMap((one, i) => (one ? [i + 1] : []))]);
  return Object.fromEntries(named) as Record<string, number[]>;
}

describe("the difference of masks", () => {
  it("tells agreement, either side alone, and another class apart", () => {
    const truth = [maskOf("cat", "1 3"), maskOf("dog", "5 2")];
    const predicted = [maskOf("cat", "2 4"), maskOf("dog", "6 2")];

    expect(places(truth, predicted)).toEqual({
      correct: [2, 3, 6],
      false_negative: [1],
      false_positive: [4, 7],
      wrong_class: [5],
    });
  });

  it("counts a mistake in one of several classes of a pixel", () => {
    const found = places([maskOf("cat", "1 2"), maskOf("pet", "1 2")], [maskOf("cat", "1 2"), maskOf("pet", "1 1")]);

    expect(found.correct).toEqual([1]);
    expect(found.false_negative).toEqual([2]);
  });

  it("is empty where nothing is", () => {
    expect(places([], [])).toEqual({ correct: [], false_negative: [], false_positive: [], wrong_class: [] });
  });
});
