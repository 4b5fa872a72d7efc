import type { SampleView, TextBlock, TextMark } from "../api/types";
import { formatPercent } from "../ui/format";
import { unitOffsets } from "./code-points";
import { LabelDot } from "./LabelDot";
import { MATCH_WORDS } from "./MarkedText";
import type { Overlay } from "./overlay";
import { textsOf } from "./texts";
import classes from "./samples.module.css";

type SpanListProps = { sample: SampleView; overlay: Overlay; classNames: readonly string[] };

/** Every marked stretch of the texts as a list: what is true, what was predicted, and whether that is right. */
export function SpanList({ sample, overlay, classNames }: SpanListProps) {
  const roles = [
    { role: "truth", title: "Truth", isShown: overlay.showsTruth },
    { role: "prediction", title: "Prediction", isShown: overlay.showsPrediction },
  ] as const;
  return roles.map(({ role, title, isShown }) => {
    const spans = spansIn(sample, role);
    if (!isShown || spans.length === 0) return null;
    const heading = `${title}, ${spans.length}`;
    return (
      <div key={role}>
        <h3>{heading}</h3>
        <ul className={classes.boxes} tabIndex={0} aria-label={heading}>
          {spans.map(({ mark, words }, i) => (
            <li key={i}>
              {mark.label && <LabelDot label={mark.label} classNames={classNames} />}
              <span className="grow clip">
                <bdi>{words}</bdi>
                {mark.label && <span className="muted"> {mark.label}</span>}
              </span>
              {mark.match && (
                <span className="tiny" data-right={mark.match === "correct"}>
                  {MATCH_WORDS[mark.match]}
                </span>
              )}
              {mark.score !== null && <span className="number">{formatPercent(mark.score)}</span>}
            </li>
          ))}
        </ul>
      </div>
    );
  });
}

/** The marks of a role with the words they stand over. */
export function spansIn(sample: SampleView, role: TextMark["role"]): MarkedWords[] {
  return textsOf(sample).flatMap((block) => spansOf(block, role));
}

type MarkedWords = { mark: TextMark; words: string };

function spansOf(block: TextBlock, role: TextMark["role"]): MarkedWords[] {
  const at = unitOffsets(block.text);
  return block.marks
    .filter((mark) => mark.role === role)
    .map((mark) => ({ mark, words: block.text.slice(at(mark.start), at(mark.end)) }));
}
