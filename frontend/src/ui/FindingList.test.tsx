import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Finding } from "../api/types";
import { FindingList } from "./FindingList";

const LONG = finding("There are not as many tags as words.", "3 words, 2 tags", "as many tags as words");

test("a finding says what was met and what would be right", () => {
  render(<FindingList findings={[LONG]} />);

  expect(screen.getByText("Found").nextSibling?.textContent).toBe("3 words, 2 tags");
  expect(screen.queryByText("Expected")).toBeNull(); // the message says it
});

test("a finding that says it all in its message repeats nothing", () => {
  render(<FindingList findings={[finding("train.csv is a web page, not a table.", "a web page", "a table")]} />);

  expect(screen.queryByText("Found")).toBeNull();
  expect(screen.queryByText("Expected")).toBeNull();
});

test("the worst come first", () => {
  const note = { ...LONG, level: "note", message: "A note." } as Finding;
  render(<FindingList findings={[note, LONG]} />);

  const texts = screen.getAllByRole("listitem").map((item) => item.textContent);
  expect(texts[0]).toContain("Error");
  expect(texts[1]).toContain("A note.");
});

test("a refusal keeps its order, the cause before what followed", () => {
  const cause = { ...LONG, level: "warning", message: "The named file does not exist." } as Finding;
  render(<FindingList findings={[cause, LONG]} isCauseFirst />);

  expect(screen.getAllByRole("listitem")[0]?.textContent).toContain("does not exist");
});

function finding(message: string, found: string, expected: string): Finding {
  return { level: "error", code: "c", path: "p", message, found, expected, fix: "Do.", count: 1 } as Finding;
}
