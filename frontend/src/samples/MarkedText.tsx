import { memo, type CSSProperties } from "react";
import { formatCount, formatPercent } from "../ui/format";
import { MATCH_NAMES, matchWords } from "./match";
import { classColour } from "../ui/colours";
import type { Overlay } from "./overlay";
import { type Gap, type Piece, piecesOf, type Span } from "./text-pieces";
import type { Mark, MarkedBlock } from "./texts";
import classes from "./texts.module.css";

type MarkedTextProps = {
  block: MarkedBlock;
  classNames: readonly string[];
  overlay: Overlay;
  /** Characters after which a long text is folded. */
  limit?: number;
};

/** A text, always literal, with its marks: truth underlined, prediction dashed, tints for what weighs in. */
export const MarkedText = memo(function MarkedText({ block, classNames, overlay, limit }: MarkedTextProps) {
  const isCompared = block.marks.some((mark) => mark.role === "prediction");
  const shown = { truth: overlay.showsTruth, prediction: overlay.showsPrediction, importance: overlay.heat > 0 };
  return (
    <span className={classes.text} dir="auto">
      {piecesOf(block, shown, limit).map((piece) =>
        "hidden" in piece ? (
          <GapMark key={piece.start} gap={piece} />
        ) : (
          <PieceMark
            key={piece.start}
            piece={piece}
            classNames={classNames}
            overlay={overlay}
            isCompared={isCompared}
          />
        ),
      )}
    </span>
  );
});

function GapMark({ gap }: { gap: Gap }) {
  return (
    <bdi className={classes.gap} title={`${formatCount(gap.hidden)} characters are folded`}>
      {" … "}
    </bdi>
  );
}

type PieceMarkProps = {
  piece: Piece;
  classNames: readonly string[];
  overlay: Overlay;
  /** Whether truth and prediction must be told apart, also where spans have no label. */
  isCompared: boolean;
};

function PieceMark({ piece, classNames, overlay, isCompared }: PieceMarkProps) {
  const Element = piece.difference === "inserted" ? "ins" : piece.difference === "missing" ? "del" : "span";
  const style = { ...lines(piece.spans, classNames), ...tint(piece.weight, overlay.heat) };
  const isPlain = piece.spans.length === 0 && piece.weight === null && piece.difference === null;
  if (isPlain) return piece.text;
  return (
    <>
      <Element
        className={classes.piece}
        data-marked={piece.spans.length > 0 || undefined}
        data-weight={piece.weight === null ? undefined : piece.weight < 0 ? "against" : "for"}
        title={piece.weight === null ? undefined : `Weight ${piece.weight.toFixed(2)}`}
        style={style}
      >
        {piece.text}
      </Element>
      {overlay.showsLabels &&
        piece.ends
          .filter((span) => isCompared || labelOf(span) !== "")
          .map((span) => <Tag key={`${span.start} ${span.lane}`} span={span} classNames={classNames} />)}
    </>
  );
}

/** What a span is, as a tag behind it: its label, who says so, how sure, and whether that is right. */
function Tag({ span, classNames }: { span: Span; classNames: readonly string[] }) {
  const mark = (span.prediction ?? span.truth) as Mark;
  const colour = toneOf(mark.label, classNames);
  const who = span.truth && span.prediction ? "both" : span.truth ? "truth" : "prediction";
  const score = span.prediction?.score ?? null;
  const match = mark.match ?? (who === "both" ? "correct" : null);
  const words = who === "both" ? "truth and prediction" : who;
  return (
    <bdi
      className={classes.tag}
      data-who={who}
      style={{ "--tone": colour } as CSSProperties}
      title={[mark.label, words, match && matchWords(match)].filter(Boolean).join(", ")}
    >
      {mark.label || words}
      {mark.label && <span className="hidden-visually"> ({words})</span>}
      {score !== null && <span className="number"> {formatPercent(score)}</span>}
      {match && (
        <span data-right={match === "correct"}>
          {" "}
          <span aria-hidden="true">{match === "correct" ? "✓" : "✕"}</span>
          <span className="hidden-visually">{MATCH_NAMES[match]}</span>
        </span>
      )}
    </bdi>
  );
}

const LINE = 4;

/** One line a span below the words, solid for the truth and dashed for a prediction. */
function lines(spans: readonly Span[], classNames: readonly string[]): CSSProperties {
  if (spans.length === 0) return {};
  const lanes = Math.max(...spans.map((span) => span.lane)) + 1;
  const layers = spans.map((span) => {
    const colour = toneOf(labelOf(span), classNames);
    return span.truth
      ? `linear-gradient(${colour}, ${colour})`
      : `repeating-linear-gradient(to right, ${colour} 0 5px, transparent 5px 8px)`;
  });
  const tone = toneOf(labelOf(spans[0] as Span), classNames);
  return {
    backgroundImage: layers.join(", "),
    backgroundSize: layers.map(() => "100% 2px").join(", "),
    backgroundPosition: spans.map((span) => `0 calc(100% - ${(lanes - 1 - span.lane) * LINE}px)`).join(", "),
    backgroundRepeat: "no-repeat",
    backgroundColor: `color-mix(in srgb, ${tone} 12%, transparent)`,
    paddingBottom: lanes * LINE - 1,
  };
}

function labelOf(span: Span): string {
  return (span.truth ?? span.prediction)?.label ?? "";
}

function toneOf(label: string, classNames: readonly string[]): string {
  return label === "" ? "var(--series-0)" : classColour(label, classNames);
}

function tint(weight: number | null, strength: number): CSSProperties {
  if (weight === null || strength === 0) return {};
  const depth = Math.min(1, Math.abs(weight)) * strength;
  return { "--depth": `${(depth * 100).toFixed(1)}%` } as CSSProperties;
}
