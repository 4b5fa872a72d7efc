import { unitOffsets } from "./code-points";
import type { Mark, MarkedBlock } from "./texts";

/** A stretch that is true, predicted, or both; `lane` keeps the lines of overlapping stretches apart. */
export type Span = {
  start: number;
  end: number;
  lane: number;
  truth: Mark | null;
  prediction: Mark | null;
};

/** A stretch of text over which nothing changes. */
export type Piece = {
  start: number;
  text: string;
  spans: Span[];
  /** Spans whose last piece this is. */
  ends: Span[];
  /** From -1 (speaks against the answer) to 1. */
  weight: number | null;
  difference: "inserted" | "missing" | null;
};
export type Gap = { start: number; hidden: number };

export type Shown = { truth: boolean; prediction: boolean; importance: boolean };

const WINDOW = 160;
/** A limit below this is that of a card, which has few lines: they go to what is marked. */
const SHORT = 400;

/** A text as flat pieces, whatever overlaps. With a limit, a long text keeps its beginning and what is marked later. */
export function piecesOf(block: MarkedBlock, shown: Shown, limit = Infinity): (Piece | Gap)[] {
  const at = unitOffsets(block.text);
  const placed = block.marks
    .map((mark) => ({ mark, start: at(mark.start), end: at(mark.end) }))
    .filter(({ mark, start, end }) => start < end && isShown(mark, shown));
  const spans = spansOf(surest(placed.filter(({ mark }) => mark.role === "truth" || mark.role === "prediction")));
  const flat = placed.filter(({ mark }) => mark.role !== "truth" && mark.role !== "prediction");
  const ranges = visibleRanges(block.text, spans, limit);
  const edges = [...spans, ...flat, ...ranges].flatMap(({ start, end }) => [start, end]);
  const cuts = [...new Set([0, block.text.length, ...edges])].sort((a, b) => a - b);
  const openSpans = sweep(spans);
  const openFlat = sweep(flat);
  const pieces: (Piece | Gap)[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [start, end] = [cuts[i] as number, cuts[i + 1] as number];
    const over = openSpans(start);
    const marks = openFlat(start).map(({ mark }) => mark);
    if (!ranges.some((range) => range.start <= start && end <= range.end)) {
      const last = pieces.at(-1);
      if (last && "hidden" in last) last.hidden += end - start;
      else pieces.push({ start, hidden: end - start });
      continue;
    }
    pieces.push({
      start,
      text: block.text.slice(start, end),
      spans: over,
      ends: over.filter((span) => span.end === end),
      weight: marks.find((mark) => mark.role === "importance")?.score ?? null,
      difference: (marks.find((mark) => mark.role !== "importance")?.role as Piece["difference"]) ?? null,
    });
  }
  return pieces;
}

/** Whether a text is longer than a limit shows of it. */
export function isFolded(pieces: readonly (Piece | Gap)[]): boolean {
  return pieces.some((piece) => "hidden" in piece);
}

type Placed = { mark: Mark; start: number; end: number };

function isShown({ role }: Mark, shown: Shown): boolean {
  return role === "inserted" || role === "missing" || shown[role];
}

/** Answers have no label and rival each other: of those that overlap, the surest is drawn. Entities may be nested. */
function surest(marks: readonly Placed[]): readonly Placed[] {
  const predicted = marks.filter(({ mark }) => mark.role === "prediction");
  if (!predicted.some(({ mark }) => mark.label === "")) return marks;
  const kept: Placed[] = [];
  for (const one of [...predicted].sort((a, b) => (b.mark.score ?? 0) - (a.mark.score ?? 0)))
    if (!kept.some((other) => one.start < other.end && other.start < one.end)) kept.push(one);
  return marks.filter((one) => one.mark.role === "truth" || kept.includes(one));
}

/** Truth and prediction that agree become one span; overlapping spans get lanes, the longer one first. */
function spansOf(marks: readonly Placed[]): Span[] {
  const spans = new Map<string, Span>();
  for (const { mark, start, end } of marks) {
    const key = `${start} ${end} ${mark.label}`;
    const span = spans.get(key) ?? { start, end, lane: 0, truth: null, prediction: null };
    spans.set(key, mark.role === "truth" ? { ...span, truth: mark } : { ...span, prediction: span.prediction ?? mark });
  }
  const sorted = [...spans.values()].sort((a, b) => a.start - b.start || b.end - a.end);
  const laneEnds: number[] = [];
  return sorted.map((span) => {
    const free = laneEnds.findIndex((end) => end <= span.start);
    const lane = free < 0 ? laneEnds.length : free;
    laneEnds[lane] = span.end;
    return { ...span, lane };
  });
}

/** What is open at positions that only rise. */
function sweep<T extends { start: number; end: number }>(items: readonly T[]): (at: number) => T[] {
  const waiting = [...items].sort((a, b) => a.start - b.start);
  let next = 0;
  let open: T[] = [];
  return (at) => {
    open = open.filter((item) => item.end > at);
    for (; next < waiting.length && (waiting[next] as T).start <= at; next++) open.push(waiting[next] as T);
    return open;
  };
}

/** The beginning, and a window around each span behind it; all of it where little would be hidden. */
function visibleRanges(text: string, spans: readonly Span[], limit: number): { start: number; end: number }[] {
  const whole = [{ start: 0, end: text.length }];
  if (text.length <= limit * 1.2) return whole;
  const isFar = (spans[0]?.start ?? 0) > limit / 2;
  const ranges = [{ start: 0, end: wordEnd(text, limit < SHORT && isFar ? limit / 4 : limit) }];
  const around = Math.min(WINDOW, Math.round(limit / 4));
  let budget = 3 * limit;
  for (const span of spans) {
    const start = wordEnd(text, Math.max(0, span.start - around));
    const end = wordEnd(text, Math.min(text.length, span.end + around));
    const last = ranges[ranges.length - 1] as { start: number; end: number };
    if (end <= last.end) continue;
    budget -= end - Math.max(start, last.end);
    if (budget < 0) break;
    if (start <= last.end + around) last.end = end;
    else ranges.push({ start, end });
  }
  const [only] = ranges;
  return ranges.length === 1 && only && only.end >= text.length ? whole : ranges;
}

/** The end of the word around a position, if it is near; never between the halves of a character. */
function wordEnd(text: string, at: number): number {
  for (let i = at; i < Math.min(text.length, at + 24); i++) if (/\s/.test(text.charAt(i))) return i;
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at + 1 : at;
}
