import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Run } from "../api/types";
import { StopNotice, stopWords } from "./StopNotice";

const DEADLINE = new Date(2030, 0, 1, 13, 4, 5).getTime() / 1000;

test("each stage says what follows and when", () => {
  expect(stopWords("asked", DEADLINE)).toMatch(/^Stop requested\. The process is terminated at .*04.05/);
  expect(stopWords("told", DEADLINE)).toMatch(/killed at .*04.05/);
  expect(stopWords("killed", DEADLINE)).toBe("Killing the process.");
});

test("a run that is not being stopped says nothing", () => {
  const run = { state: "running", stop: null } as unknown as Run;

  expect(render(<StopNotice run={run} />).container.textContent).toBe("");
});

test("a run that is being stopped shows the deadline", () => {
  const run = { state: "stopping", stop: { stage: "asked", deadline: DEADLINE } } as unknown as Run;

  expect(render(<StopNotice run={run} />).container.textContent).toContain("Stop requested");
});
