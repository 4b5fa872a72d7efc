import type { Box } from "../api/types";
import classes from "./samples.module.css";

export type Match = NonNullable<Box["match"]>;

export const MATCH_NAMES: Record<Match, string> = {
  correct: "correct",
  wrong_class: "wrong class",
  false_negative: "false negative",
  false_positive: "false positive",
};

/** Names with a mark, where colour alone would tell them apart. */
export function matchWords(match: Match): string {
  return `${match === "correct" ? "✓" : "✕"} ${MATCH_NAMES[match]}`;
}

export const MATCH_COLOURS: Record<Match, string> = {
  correct: "var(--finished)",
  wrong_class: "var(--running)",
  false_negative: "var(--stopped)",
  false_positive: "var(--failed)",
};

/** How a box or a span compares with the other side, in words. */
export function MatchWords({ match }: { match: Match | null }) {
  if (match === null) return null;
  return (
    <span className="tiny" data-right={match === "correct"}>
      {matchWords(match)}
    </span>
  );
}

type RightMarkProps = { isRight: boolean; right?: string; wrong?: string };

/** A mark that does without colour and is read out. */
export function RightMark({ isRight, right = "Correct", wrong = "Wrong" }: RightMarkProps) {
  return (
    <span className={classes.mark} data-right={isRight}>
      <span aria-hidden="true">{isRight ? "✓" : "✕"}</span>
      <span className="hidden-visually">{isRight ? right : wrong}</span>
    </span>
  );
}

type Matched = { match: Match | null };

/** The mistakes of a sample, counted: what was not found, and what was predicted wrongly. */
export function Mistakes({ truth, predicted }: { truth: readonly Matched[]; predicted: readonly Matched[] }) {
  const words = [
    counted(truth, "false_negative", "false negative"),
    counted(predicted, "wrong_class", "wrong class", "wrong class"),
    counted(predicted, "false_positive", "false positive"),
  ].filter(Boolean);
  return words.length > 0 && <span className={classes.misses}>{words.join(", ")}</span>;
}

function counted(items: readonly Matched[], match: Match, one: string, many = `${one}s`): string | null {
  const count = items.filter((item) => item.match === match).length;
  return count === 0 ? null : `${count} ${count === 1 ? one : many}`;
}
