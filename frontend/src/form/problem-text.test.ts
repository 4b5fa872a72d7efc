import { expect, test } from "vitest";
import { afterLabel } from "./problem-text";

test("a problem that begins with the label of its setting does not repeat it", () => {
  expect(afterLabel("Epochs", "Epochs must be at most 500.")).toBe(" must be at most 500.");
  expect(afterLabel("Epochs", "Use a whole number.")).toBe(": Use a whole number.");
});
