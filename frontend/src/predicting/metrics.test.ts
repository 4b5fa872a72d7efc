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
