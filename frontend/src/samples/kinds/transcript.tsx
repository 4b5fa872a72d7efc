import type { SampleView } from "../../api/types";
import { formatMetric, plural } from "../../ui/format";
import { RightMark } from "../match";
import { annotationOf, type AnnotationOf, type HeardProps, type PartProps, type Renderer } from "../renderer";
import samples from "../samples.module.css";
import classes from "./transcript.module.css";

type Word = AnnotationOf<"transcript">["words"][number];
type Match = NonNullable<Word["match"]>;

const FAULTS: readonly Match[] = ["substituted", "inserted", "deleted"];
/** Words around which a clicked one is heard whole: models tell its place to a few hundredths of a second. */
const MARGIN_SECONDS = 0.05;

/** What is said in a recording, aligned with its reference. */
export const TRANSCRIPT: Renderer = {
  Lines,
  Facts,
  Heard,
  shownSeconds: (sample) => transcriptOf(sample)?.shown_seconds ?? null,
  filterWords: { right: "Without errors", wrong: "With errors", error: "WER" },
};

/** How many words of a transcript are wrong, by the kind of the error. */
export function faultsOf(words: readonly Word[]): Record<Match, number> {
  const counts: Record<Match, number> = { correct: 0, substituted: 0, inserted: 0, deleted: 0 };
  for (const { match } of words) if (match !== null) counts[match] += 1;
  return counts;
}

function transcriptOf(sample: SampleView) {
  return annotationOf(sample, "prediction", "transcript");
}

function referenceOf(sample: SampleView): string | undefined {
  return annotationOf(sample, "truth", "text")?.text;
}

/** The transcript with its errors, as far as there is room on a card, and how wrong it is. */
function Lines({ sample }: PartProps) {
  const transcript = transcriptOf(sample);
  const rate = sample.scores["WER"];
  if (transcript === null) return null;
  return (
    <>
      <p className={classes.excerpt}>
        <Words words={transcript.words} text={transcript.text} />
      </p>
      {rate !== undefined && (
        <p className={samples.labelLine}>
          <RightMark isRight={rate === 0} />
          <span className="muted number">WER {formatMetric(rate)}</span>
        </p>
      )}
    </>
  );
}

/** Beside a large sample: the reference as it is written, and the errors counted. */
function Facts({ sample }: PartProps) {
  const transcript = transcriptOf(sample);
  const reference = referenceOf(sample);
  if (transcript === null) return null;
  return (
    <>
      {reference !== undefined && (
        <div>
          <h3>Reference</h3>
          <p className={samples.words}>{reference || "(empty)"}</p>
        </div>
      )}
      <div>
        <h3>Transcript</h3>
        <p className={samples.words}>{transcript.text || "(nothing was heard)"}</p>
        {reference !== undefined && <p className="small muted">{errorWords(transcript.words)}</p>}
      </div>
    </>
  );
}

/** Below the player: every word, its errors marked, to be clicked and heard where the model tells when it is said. */
function Heard({ sample, seconds, onHear }: HeardProps) {
  const transcript = transcriptOf(sample);
  if (transcript === null) return null;
  const faults = faultsOf(transcript.words);
  const shown = FAULTS.filter((fault) => faults[fault] > 0);
  const isTimed = transcript.words.some((word) => word.start !== null);
  return (
    <section className={classes.heard} aria-label="Transcript">
      <p className={classes.line} data-ruby={faults.substituted > 0 || undefined}>
        <Words words={transcript.words} text={transcript.text} seconds={seconds} onHear={onHear} />
      </p>
      {shown.length > 0 && <Legend faults={shown} />}
      {isTimed && <p className="tiny muted">Click a word to hear it.</p>}
    </section>
  );
}

type WordsProps = {
  words: readonly Word[];
  text: string;
  seconds?: number;
  onHear?: (start: number, end: number) => void;
};

function Words({ words, text, seconds, onHear }: WordsProps) {
  if (words.length === 0) return text === "" ? <span className="muted">(nothing was heard)</span> : text;
  return words.map((word, i) => (
    <span key={i}>
      <HeardWord word={word} seconds={seconds} onHear={onHear} />{" "}
    </span>
  ));
}

function HeardWord({ word, seconds, onHear }: { word: Word } & Pick<WordsProps, "seconds" | "onHear">) {
  const { start, end } = word;
  if (onHear === undefined || start === null || end === null) return <MarkedWord word={word} />;
  const isNow = seconds !== undefined && seconds > 0 && seconds >= start && seconds < end;
  return (
    <button
      type="button"
      className={classes.word}
      data-now={isNow || undefined}
      title={`${start.toFixed(2)} s`}
      onClick={() => onHear(Math.max(0, start - MARGIN_SECONDS), end + MARGIN_SECONDS)}
    >
      <MarkedWord word={word} />
    </button>
  );
}

/** A word with its error: by its line and a sign, not by its colour alone. */
function MarkedWord({ word }: { word: Word }) {
  switch (word.match) {
    case "substituted":
      return (
        <ruby className={classes.substituted}>
          {word.text}
          <rt>
            <span className="hidden-visually">in place of </span>
            {word.reference}
          </rt>
        </ruby>
      );
    case "inserted":
      return (
        <ins className={classes.inserted}>
          <span aria-hidden="true">+</span>
          <span className="hidden-visually">extra: </span>
          {word.text}
        </ins>
      );
    case "deleted":
      return (
        <del className={classes.deleted}>
          <span className="hidden-visually">missing: </span>
          {word.reference}
        </del>
      );
    default:
      return word.text;
  }
}

function Legend({ faults }: { faults: readonly Match[] }) {
  return (
    <p className={classes.legend}>
      {faults.includes("substituted") && (
        <span>
          <ruby className={classes.substituted}>
            wrong<rt>reference</rt>
          </ruby>
        </span>
      )}
      {faults.includes("inserted") && <ins className={classes.inserted}>+extra word</ins>}
      {faults.includes("deleted") && <del className={classes.deleted}>missing word</del>}
    </p>
  );
}

/** The errors in words: "1 wrong word, 2 missing words". */
export function errorWords(words: readonly Word[]): string {
  const { substituted, inserted, deleted } = faultsOf(words);
  const told = [
    substituted > 0 && plural(substituted, "wrong word"),
    inserted > 0 && plural(inserted, "extra word"),
    deleted > 0 && plural(deleted, "missing word"),
  ].filter(Boolean);
  return told.length > 0 ? told.join(", ") : "No word is wrong.";
}
