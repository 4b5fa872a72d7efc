import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { Markdown } from "./Markdown";

it("never lets markup of the text become markup of the page", () => {
  render(<Markdown text={'# Title\n\n<img src=x onerror="1"> ![](x.png) and [good](/help)\n\n<script>1</script>'} />);

  expect(document.querySelector("img, script")).toBeNull();
  expect(screen.getByRole("link")).toHaveAttribute("href", "/help");
});

it("links only to this site and to web pages", () => {
  const unsafe = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "//other", "x.md"];
  render(<Markdown text={unsafe.map((one) => `[bad](${one})`).join(" ") + " [web](https://pytorch.org)"} />);

  const links = screen.getAllByRole("link").map((link) => [link.getAttribute("href"), link.getAttribute("rel")]);
  expect(links).toEqual([["https://pytorch.org", "noreferrer"]]);
});

it("reads headings, nested lists, tables, code and emphasis", () => {
  render(
    <Markdown
      text={"# A\n\ntext **bold**\n\n- one\n  - two\n\n| a | b |\n|---|---|\n| `x \\| y` | 2 |\n\n```\ncode\n```\n"}
    />,
  );

  expect(screen.getByRole("heading", { level: 2 })).toHaveTextContent("A");
  expect(screen.getByText("bold").tagName).toBe("STRONG");
  expect(document.querySelector("ul ul li")).toHaveTextContent("two");
  expect(screen.getAllByRole("columnheader").map((cell) => cell.textContent)).toEqual(["a", "b"]);
  expect(screen.getAllByRole("cell")[0]).toHaveTextContent("x | y");
  expect(document.querySelector("pre")).toHaveTextContent("code");
});
