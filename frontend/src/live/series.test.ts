import { describe, expect, it } from "vitest";
import { RunSeries, Series } from "./series";

describe("a series", () => {
  it("grows past its first room", () => {
    const series = new Series();

    for (let step = 0; step < 10_000; step++) series.append(step, step * 2, 0);

    expect(series.length).toBe(10_000);
    expect(series.value[9_999]).toBe(19_998);
  });

  it("drops steps it already has", () => {
    const series = new Series();
    series.append(5, 1, 0);

    expect(series.append(5, 9, 0)).toBe(false);
    expect(series.append(4, 9, 0)).toBe(false);
    expect(series.length).toBe(1);
  });
});

describe("the series of a run", () => {
  const history = {
    steps: [1, 2],
    min: [1, 2],
    max: [1, 2],
    last: [1, null],
    epochs: [null, null],
    times: [10, 11],
    total: 2,
  };

  it("keeps each step once when history comes after the first live points", () => {
    const run = new RunSeries();
    run.add(
      {
        "train.loss": [
          [2, 5],
          [3, 6],
        ],
      },
      12,
    );

    run.load({ "train.loss": history });

    expect([...(run.series.get("train.loss")?.step.subarray(0, 3) ?? [])]).toEqual([1, 2, 3]);
  });

  it("is told of every change", () => {
    const run = new RunSeries();
    let calls = 0;
    run.watch(() => (calls += 1));

    run.load({ "train.loss": history });
    run.add({ "train.loss": [[9, 1]] }, 12);

    expect(calls).toBe(2);
    expect(Number.isNaN(run.series.get("train.loss")?.value[1])).toBe(true);
  });
});
