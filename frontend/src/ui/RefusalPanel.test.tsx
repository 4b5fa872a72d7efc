import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { ApiError } from "../api/client";
import type { Finding } from "../api/types";
import { RefusalPanel } from "./RefusalPanel";

const finding = (level: Finding["level"], message: string): Finding => ({
  level,
  code: "x",
  path: "new.csv: text",
  message,
  found: "a list",
  expected: "a text",
  fix: "Send texts.",
  line: null,
  count: 1,
  rows: [],
  examples: [],
});
const FINDINGS = [
  finding("warning", "One is odd."),
  finding("error", "One is wrong."),
  finding("error", "So is this."),
];
const PROBLEM = { code: "input", message: "One is wrong. (and 1 more)", hint: "Send texts." };

test.each([
  ["an answer", new ApiError(422, PROBLEM, FINDINGS)],
  ["a worker", { ...PROBLEM, findings: FINDINGS }],
])("every finding of %s is listed with where, found, expected and fix", (_, error) => {
  render(<RefusalPanel title="Prediction failed." error={error} />, { wrapper: MantineProvider });

  expect(screen.getByRole("alert")).toHaveTextContent("Prediction failed.2 errors, 1 warning");
  const listed = screen.getAllByRole("listitem").map((item) => item.textContent);
  expect(listed).toHaveLength(3);
  expect(listed[0]).toContain("One is odd."); // what came first may be the cause
  expect(listed[1]).toMatch(/One is wrong.*Founda list.*Expecteda text.*Send texts.*new.csv: text/);
});

test("without findings the sentence is shown", () => {
  render(<RefusalPanel title="Prediction failed." error={{ ...PROBLEM, findings: [] }} />, {
    wrapper: MantineProvider,
  });

  expect(screen.getByRole("alert")).toHaveTextContent("One is wrong. (and 1 more)");
});
