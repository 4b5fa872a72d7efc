import { describe, expect, it } from "vitest";
import { unitOffsets } from "./code-points";
import { isFolded, type Piece, piecesOf } from "./text-pieces";
import type { Mark, MarkedBlock } from "./texts";

const ALL = { truth: true, prediction: true, importance: true };

function mark(start: number, end: number, part: Partial<Mark> = {}): Mark {
  return { start, end, label: "", role: "truth", score: null, match: null, ...part };
}

function block(text: string, ...marks: Mark[]): MarkedBlock {
  return { name: "Text", text, marks, is_cut: false };
}

function shownPieces(...given: Parameters<typeof piecesOf>): Piece[] {
  return piecesOf(...given).filter((piece): piece is Piece => "text" in piece);
}

describe("offsets", () => {
  it("count characters as Python does, also behind emoji of two units", () => {
    const text = "a👍🏽b";

    const at = unitOffsets(text);

    expect([0, 1, 2, 3, 4].map(at)).toEqual([0, 1, 3, 5, 6]);
    expect(at(99)).toBe(text.length);
  });

  it("stay as they are in texts without such characters", () => {
    expect(unitOffsets("naïve")(3)).toBe(3);
  });
});

describe("pieces of a text", () => {
  it("mark the words that Python's offsets mean, behind emoji", () => {
    const pieces = shownPieces(block("👍👍 Berlin ist groß", mark(3, 9, { label: "LOC" })), ALL);

    expect(pieces.find((piece) => piece.spans.length > 0)?.text).toBe("Berlin");
  });

  it("give back every character whatever overlaps", () => {
    const text = "University of New York City";
    const given = block(text, mark(0, 22), mark(14, 22, { label: "LOC" }), mark(18, 27, { role: "prediction" }));

    const pieces = shownPieces(given, ALL);

    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    expect(pieces.map((piece) => piece.spans.length)).toEqual([1, 2, 3, 1]);
  });

  it("keep overlapping spans on lines of their own, and end each once", () => {
    const pieces = shownPieces(block("abcdef", mark(0, 4), mark(2, 6, { role: "prediction" })), ALL);

    const [first, second] = pieces[1]?.spans ?? [];
    expect(first?.lane).not.toBe(second?.lane);
    expect(pieces.flatMap((piece) => piece.ends)).toHaveLength(2);
  });

  it("make one span of truth and prediction that agree", () => {
    const given = block("in Rome", mark(3, 7, { label: "LOC" }), mark(3, 7, { label: "LOC", role: "prediction" }));

    const spans = shownPieces(given, ALL).flatMap((piece) => piece.ends);

    expect(spans).toHaveLength(1);
    expect(spans[0]?.truth && spans[0].prediction).toBeTruthy();
  });

  it("draw the surest of answers that overlap, and every entity", () => {
    const answers = [
      mark(0, 4, { role: "prediction", score: 0.2 }),
      mark(0, 9, { role: "prediction", label: "answer 2", score: 0.7 }),
      mark(10, 12, { role: "prediction", label: "answer 3", score: 0.1 }),
    ];
    const entities = answers.map((one) => ({ ...one, label: "LOC" }));
    const ends = (...marks: Mark[]) =>
      shownPieces(block("one two three", ...marks), ALL).flatMap((piece) => piece.ends.map((span) => span.end));

    expect(ends(...answers)).toEqual([9, 12]);
    expect(ends(...entities)).toEqual([4, 9, 12]);
  });

  it("leave out what is switched off", () => {
    const given = block("in Rome", mark(3, 7), mark(0, 2, { role: "importance", score: -0.5 }));

    const pieces = shownPieces(given, { truth: false, prediction: true, importance: false });

    expect(pieces).toHaveLength(1);
  });

  it("carry weights and differences", () => {
    const given = block(
      "good bad new",
      mark(0, 4, { role: "importance", score: 0.8 }),
      mark(5, 8, { role: "importance", score: -0.3 }),
      mark(9, 12, { role: "inserted" }),
    );

    const pieces = shownPieces(given, ALL);

    expect(pieces.map((piece) => piece.weight)).toEqual([0.8, null, -0.3, null, null]);
    expect(pieces.at(-1)?.difference).toBe("inserted");
  });

  it("ignore marks outside the text and empty ones", () => {
    const pieces = shownPieces(block("abc", mark(5, 9), mark(1, 1), mark(2, 99)), ALL);

    expect(pieces.map((piece) => piece.text)).toEqual(["ab", "c"]);
  });

  it("fold a long text but keep the words around an answer far behind", () => {
    const text = `${"word ".repeat(1000)}ANSWER ${"word ".repeat(1000)}`;
    const start = text.indexOf("ANSWER");

    const pieces = piecesOf(block(text, mark(start, start + 6)), ALL, 200);

    expect(isFolded(pieces)).toBe(true);
    expect(pieces.some((piece) => "text" in piece && piece.text === "ANSWER")).toBe(true);
    const hidden = pieces.reduce((sum, piece) => sum + ("hidden" in piece ? piece.hidden : 0), 0);
    const shown = pieces.reduce((sum, piece) => sum + ("text" in piece ? piece.text.length : 0), 0);
    expect(hidden + shown).toBe(text.length);
    expect(shown).toBeLessThan(1000);
  });

  it("give the few lines of a card to what is marked far behind", () => {
    const text = `${"word ".repeat(100)}ANSWER ${"word ".repeat(100)}`;

    const pieces = piecesOf(block(text, mark(500, 506)), ALL, 260);

    const before = pieces.slice(
      0,
      pieces.findIndex((piece) => "text" in piece && piece.text === "ANSWER"),
    );
    expect(before.reduce((sum, piece) => sum + ("text" in piece ? piece.text.length : 0), 0)).toBeLessThan(150);
  });

  it("stay quick with as many marks as a long text has tokens", () => {
    const text = "word ".repeat(20_000);
    const marks = Array.from({ length: 20_000 }, (_, i) => mark(i * 5, i * 5 + 4, { role: "importance", score: 0.1 }));
    const started = performance.now();

    const pieces = piecesOf(block(text, ...marks), ALL);

    expect(pieces.length).toBeGreaterThan(20_000);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
