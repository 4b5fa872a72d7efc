import { Fragment, type ReactNode } from "react";
import classes from "./markdown.module.css";

/** The part of Markdown that our own documents use: headings, paragraphs, lists, tables, code, bold, links. Never raw HTML. */
export function Markdown({ text, topLevel = 2 }: { text: string; topLevel?: number }) {
  return (
    <div className={classes.markdown}>
      {blocksOf(text).map((block, i) => (
        <Fragment key={i}>{draw(block, topLevel)}</Fragment>
      ))}
    </div>
  );
}

export type Block =
  | { kind: "heading"; level: number; text: string }
  | { kind: "code"; text: string }
  | { kind: "list"; isOrdered: boolean; items: string[] }
  | { kind: "table"; rows: string[][] }
  | { kind: "paragraph"; text: string };

export function blocksOf(text: string): Block[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  const take = (wanted: (line: string) => boolean): string[] => {
    const start = at;
    while (at < lines.length && wanted(lines[at] as string)) at += 1;
    return lines.slice(start, at);
  };
  while (at < lines.length) {
    const line = lines[at] as string;
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const bullet = /^\s*([-*]|\d+\.)\s+/;
    if (line.trim() === "") at += 1;
    else if (line.startsWith("```")) {
      at += 1;
      blocks.push({ kind: "code", text: take((one) => !one.startsWith("```")).join("\n") });
      at += 1;
    } else if (heading) {
      at += 1;
      blocks.push({ kind: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" });
    } else if (line.startsWith("|"))
      blocks.push({
        kind: "table",
        rows: take((one) => one.startsWith("|"))
          .filter((one) => !/^\|[\s:|-]+\|?$/.test(one))
          .map(cellsOf),
      });
    else if (bullet.test(line))
      blocks.push({
        kind: "list",
        isOrdered: /^\s*\d/.test(line),
        items: joined(
          take((one) => one.trim() !== "" && (bullet.test(one) || /^\s{2,}/.test(one))),
          bullet,
        ),
      });
    else
      blocks.push({
        kind: "paragraph",
        text: take(
          (one) =>
            one.trim() !== "" &&
            !one.startsWith("#") &&
            !one.startsWith("|") &&
            !one.startsWith("```") &&
            !bullet.test(one),
        ).join(" "),
      });
  }
  return blocks;
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function joined(lines: string[], bullet: RegExp): string[] {
  const items: string[] = [];
  for (const line of lines) {
    if (bullet.test(line)) items.push(line.replace(bullet, ""));
    else items.push(`${items.pop() ?? ""} ${line.trim()}`);
  }
  return items;
}

function draw(block: Block, topLevel: number): ReactNode {
  switch (block.kind) {
    case "heading": {
      const Tag = `h${Math.min(6, block.level + topLevel - 1)}` as "h2";
      return <Tag id={slug(block.text)}>{inline(block.text)}</Tag>;
    }
    case "code":
      return <pre tabIndex={0}>{block.text}</pre>;
    case "list": {
      const items = block.items.map((item, i) => <li key={i}>{inline(item)}</li>);
      return block.isOrdered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return (
        <div className={classes.scroll} tabIndex={0} role="region" aria-label="Table">
          <table>
            <thead>
              <tr>
                {block.rows[0]?.map((cell, i) => (
                  <th key={i} scope="col">
                    {inline(cell)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.slice(1).map((row, i) => (
                <tr key={i}>
                  {row.map((cell, j) => (
                    <td key={j}>{inline(cell)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    case "paragraph":
      return <p>{inline(block.text)}</p>;
  }
}

const INLINE = /(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))/;

function inline(text: string): ReactNode[] {
  return text.split(INLINE).map((part, i) => {
    if (part.startsWith("`")) return <code key={i}>{part.slice(1, -1)}</code>;
    if (part.startsWith("**")) return <strong key={i}>{part.slice(2, -2)}</strong>;
    const link = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(part);
    if (link && /^(https?:|\/|#)/.test(link[2] ?? ""))
      return (
        <a key={i} href={link[2]} {...(link[2]?.startsWith("http") ? { target: "_blank", rel: "noreferrer" } : {})}>
          {link[1]}
        </a>
      );
    return <Fragment key={i}>{link ? link[1] : part}</Fragment>;
  });
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\w]+/g, "-")
    .replace(/^-|-$/g, "");
}
