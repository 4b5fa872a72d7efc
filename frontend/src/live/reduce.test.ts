import { describe, expect, it } from "vitest";
import { reduce, smooth, visibleRange } from "./reduce";

function line(values: number[]): [Float64Array, Float64Array] {
  return [Float64Array.from(values, (_, i) => i), Float64Array.from(values)];
}

describe("reduction", () => {
  it("keeps spikes and both ends of 100,000 points", () => {
    const [x, y] = line(Array.from({ length: 100_000 }, (_, i) => Math.sin(i / 500)));
    y[51_234] = 99;
    y[77_777] = -99;

    const reduced = reduce(x, y, y, y, 0, y.length, 600);

    expect(reduced.x.length).toBeLessThanOrEqual(4 * 601);
    expect(Math.max(...reduced.y)).toBe(99);
    expect(Math.min(...reduced.y)).toBe(-99);
    expect(reduced.x[0]).toBe(0);
    expect(reduced.x.at(-1)).toBe(99_999);
  });

  it("gives x in rising order without repeats", () => {
    const [x, y] = line(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 104_729));

    const reduced = reduce(x, y, y, y, 0, y.length, 100);

    expect(reduced.x.every((value, i) => i === 0 || value > (reduced.x[i - 1] as number))).toBe(true);
  });

  it("leaves short series as they are, with gaps", () => {
    const [x, y] = line([1, NaN, 3]);

    expect(reduce(x, y, y, y, 0, 3, 500).y).toEqual([1, NaN, 3]);
  });

  it("finds the lowest value also behind a gap", () => {
    const [x, y] = line([3, 1, NaN, 5, 4]);

    expect(reduce(x, y, y, y, 0, 5, 1).y).toEqual([3, 1, 5, 4]);
  });

  it("takes one neighbour on each side of what is seen", () => {
    const [x] = line(Array.from({ length: 100 }, (_, i) => i));

    expect(visibleRange(x, 100, 10.5, 20.5)).toEqual([10, 23]);
  });
});

describe("smoothing", () => {
  it("is the same at a step whatever part is looked at", () => {
    const [, y] = line(Array.from({ length: 1000 }, (_, i) => Math.cos(i)));

    expect(smooth(y, 1000, 0.9)[500]).toBe(smooth(y, 501, 0.9)[500]);
  });

  it("begins at the first value and leaves a constant alone", () => {
    const [, y] = line([5, 5, 5, 5]);

    expect([...smooth(y, 4, 0.95)].every((value) => Math.abs(value - 5) < 1e-12)).toBe(true);
  });

  it("passes over undefined values", () => {
    const [, y] = line([1, NaN, 1]);

    expect(smooth(y, 3, 0.5)[2]).toBeCloseTo(1);
  });
});
