import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { blocksOf, Markdown } from "./Markdown";

it("never lets markup of the text become markup of the page", () => {
  render(<Markdown text={'# Title\n\n<img src=x onerror="1"> and [bad](javascript:alert) and [good](/help)'} />);

  expect(document.querySelector("img")).toBeNull();
  expect(screen.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual(["/help"]);
});

it("reads headings, lists, tables and code", () => {
  const kinds = blocksOf(
    "## A\n\ntext\nmore\n\n- one\n- two\n  still two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n",
  ).map((block) => block.kind);

  expect(kinds).toEqual(["heading", "paragraph", "list", "table", "code"]);
});
