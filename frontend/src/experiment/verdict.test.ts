import { expect, test } from "vitest";
import type { MetricInfo, Run } from "../api/types";
import { verdict } from "./verdict";

const accuracy = { name: "Accuracy", label: "Accuracy", direction: "maximize" } as MetricInfo;
const mae = { name: "MAE", label: "MAE", direction: "minimize" } as MetricInfo;

function run(metric: string, value: number, base: number, difference: number[], split = "test"): Run {
  const baseline = { name: "class frequencies", metrics: { [metric]: base }, differences: { [metric]: difference } };
  return { predictions: [{ split, metrics: { [metric]: value }, baseline }] } as unknown as Run;
}

test("a run that beats its baseline says by how much", () => {
  expect(verdict(run("Accuracy", 0.9, 0.3, [0.5, 0.7]), accuracy)).toEqual({
    outcome: "better",
    text: "Accuracy is 0.9000 on the test rows: better than always predicting the class frequencies (0.3000) by 0.500 to 0.700.",
  });
});

test("an interval around zero tells nothing", () => {
  expect(verdict(run("Accuracy", 0.32, 0.3, [-0.1, 0.14]), accuracy)?.outcome).toBe("unclear");
});

test("lower is better where the metric is to be minimized", () => {
  expect(verdict(run("MAE", 2, 3, [-1.5, -0.5], "validation"), mae)).toEqual({
    outcome: "better",
    text: "MAE is 2.000 on the validation rows: better than always predicting the class frequencies (3.000) by 0.500 to 1.50.",
  });
  expect(verdict(run("MAE", 4, 3, [0.5, 1.5]), mae)?.outcome).toBe("worse");
});

test("where no interval is known, both values are said", () => {
  const perfect = run("Accuracy", 1, 0.3, [0.5, 0.7]);
  perfect.predictions[0]!.baseline!.differences = {};
  expect(verdict(perfect, accuracy)?.text).toBe(
    "Accuracy is 1.000 on the test rows; always predicting the class frequencies gives 0.3000.",
  );
});

test("without a baseline nothing is said", () => {
  expect(
    verdict({ predictions: [{ split: "test", metrics: {}, baseline: null }] } as unknown as Run, accuracy),
  ).toBeNull();
});
