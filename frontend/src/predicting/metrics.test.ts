import { expect, test } from "vitest";
import { labelledMetrics } from "./metrics";

const KNOWN = [
  { name: "LogLoss", label: "Log loss" },
  { name: "ROC_AUC", label: "ROC AUC" },
];

test("metrics of a prediction have the labels and the order that experiments show", () => {
  expect(labelledMetrics({ ROC_AUC: 0.97, LogLoss: 0.48 }, KNOWN)).toEqual([
    { name: "LogLoss", label: "Log loss", value: 0.48 },
    { name: "ROC_AUC", label: "ROC AUC", value: 0.97 },
  ]);
});

test("a metric that the problem type no longer knows keeps its name", () => {
  expect(labelledMetrics({ Old: null, ROC_AUC: 0.97 }, KNOWN)).toEqual([
    { name: "ROC_AUC", label: "ROC AUC", value: 0.97 },
    { name: "Old", label: "Old", value: null },
  ]);
});

test("the metric of the experiment comes first, where the prediction has it", () => {
  const names = (first: string) =>
    labelledMetrics({ LogLoss: 0.48, ROC_AUC: 0.97 }, KNOWN, first).map((one) => one.name);

  expect(names("ROC_AUC")).toEqual(["ROC_AUC", "LogLoss"]);
  expect(names("F1")).toEqual(["LogLoss", "ROC_AUC"]);
});
