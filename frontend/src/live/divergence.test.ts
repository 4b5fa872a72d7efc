import { describe, expect, it } from "vitest";
import { divergence } from "./divergence";
import { Series } from "./series";

function series(...values: (number | null)[]): Series {
  const made = new Series();
  values.forEach((value, i) => made.append(i, value, i));
  return made;
}

describe("a training that diverged", () => {
  it("is one whose loss ends far above its start, or as no number", () => {
    const growing = series(...Array.from({ length: 40 }, (_, i) => 2 * 1.4 ** i));
    expect(divergence(growing)?.to).toBeGreaterThan(100_000);
    expect(divergence(series(2, 2, 2, 2, 3, 9, 80, null, null, null))).not.toBeNull();
  });

  it("is none that falls, that is short, or that had a few bad steps", () => {
    expect(divergence(series(...Array.from({ length: 40 }, (_, i) => 2 / (i + 1))))).toBeNull();
    expect(divergence(series(1, 50))).toBeNull();
    expect(divergence(series(2, 2, 2, 900, 2, 2, 1, 1, 1, 1, 1, 1))).toBeNull();
  });
});
