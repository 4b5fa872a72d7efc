import { describe, expect, it } from "vitest";
import { updateAt } from "./chart-lines";
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
    numbers: [4, 8],
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

  it("knows the optimizer step of every point, also between those that the server left out", () => {
    const run = new RunSeries();
    // Batches of 32 of 100 samples: updates after 32, 64, 96, 100, 132, ...; the server keeps the 2nd, 4th and 6th.
    run.load({ "train.loss": { ...history, steps: [64, 100, 164], last: [1, 1, 1], numbers: [2, 4, 6], total: 6 } });
    run.add({ "train.loss": [[196, 1]] }, 12);
    const updates = run.series.get("train.loss") as Series;

    expect([32, 64, 100, 164, 196].map((step) => updateAt(updates, step))).toEqual([1, 2, 4, 6, 7]);
    expect(updateAt(updates, 132)).toBe(5);
    expect(updateAt(updates, 0)).toBe(0);
    expect(updateAt(updates, 500)).toBe(7);
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
