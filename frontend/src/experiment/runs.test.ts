import { expect, test } from "vitest";
import type { Experiment, Run } from "../api/types";
import { bestRun, modelRun, runWords, shownRun } from "./runs";

function experiment(best_run: number | null, ...states: string[]): Experiment {
  const runs = states.map((state, i) => ({
    id: `run-${i + 1}`,
    number: i + 1,
    state,
    has_bundle: state === "finished",
  }));
  return { runs, best_run } as unknown as Experiment;
}

const number = (run: Run | undefined) => run?.number;

test("the best run is shown and used, not the first finished one", () => {
  const grid = experiment(3, "finished", "failed", "finished");

  expect(number(shownRun(grid, ""))).toBe(3);
  expect(number(modelRun(grid, ""))).toBe(3);
  expect(runWords(grid, bestRun(grid))).toBe("run 3");
});

test("a run that still trains is shown, but the best finished one is used", () => {
  const grid = experiment(2, "queued", "finished", "running");

  expect(number(shownRun(grid, ""))).toBe(3);
  expect(number(modelRun(grid, ""))).toBe(2);
});

test("a chosen run is shown, and used if it has a model", () => {
  const grid = experiment(3, "finished", "failed", "finished");

  expect(number(shownRun(grid, "run-1"))).toBe(1);
  expect(number(modelRun(grid, "run-1"))).toBe(1);
  expect(number(shownRun(grid, "run-2"))).toBe(2);
  expect(number(modelRun(grid, "run-2"))).toBe(3);
});

test("without a finished run the first is shown and none is used", () => {
  const grid = experiment(null, "failed", "lost");

  expect(number(shownRun(grid, ""))).toBe(1);
  expect(modelRun(grid, "")).toBeUndefined();
});

test("an only run needs no number", () => {
  const single = experiment(1, "finished");

  expect(runWords(single, bestRun(single))).toBe("");
});
