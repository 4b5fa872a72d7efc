import type { Neighbour, SampleView } from "../api/types";
import { formatCount } from "../ui/format";
import { LabelDot } from "./LabelDot";
import type { MediaSource } from "./overlay";
import classes from "./texts.module.css";

const NO_NEIGHBOURS: readonly Neighbour[] = [];

export function neighboursOf(sample: SampleView): readonly Neighbour[] {
  return sample.neighbours ?? NO_NEIGHBOURS;
}

type NeighboursProps = { neighbours: readonly Neighbour[]; source: MediaSource; classNames: readonly string[] };

/** The rows most like a sample, the nearest first: how alike, and whether they have its label. */
export function Neighbours({ neighbours, source, classNames }: NeighboursProps) {
  return (
    <section className={classes.neighbours} aria-label="Nearest neighbours">
      <h3>Nearest neighbours</h3>
      <ol>
        {neighbours.map((one, i) => (
          <li key={`${one.row}-${i}`}>
            <p className={classes.neighbourHead}>
              <MatchMark isMatch={one.is_match} />
              {one.label && <LabelDot label={one.label} classNames={classNames} />}
              <span className="clip grow">{one.label || `Row ${formatCount(one.row)}`}</span>
              <span className="number muted" title="Similarity">
                {one.similarity.toFixed(3)}
              </span>
            </p>
            {one.media && <img src={source(one.media, 256)} alt={`Row ${one.row}`} loading="lazy" />}
            {one.text && (
              <p className={classes.neighbourText} dir="auto">
                {one.text}
              </p>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The neighbours of a card in one line: a mark each. */
export function NeighbourMarks({ neighbours }: { neighbours: readonly Neighbour[] }) {
  const known = neighbours.filter((one) => one.is_match !== null);
  const right = known.filter((one) => one.is_match).length;
  return (
    <span className={classes.neighbourMarks}>
      {known.length > 0 ? `${right} of ${known.length} nearest have its label` : `${neighbours.length} nearest texts`}
      <span aria-hidden="true">
        {known.map((one, i) => (
          <i key={i} data-right={one.is_match}>
            {one.is_match ? "✓" : "✕"}
          </i>
        ))}
      </span>
    </span>
  );
}

function MatchMark({ isMatch }: { isMatch: boolean | null }) {
  if (isMatch === null) return null;
  return (
    <span className={classes.matchMark} data-right={isMatch}>
      <span aria-hidden="true">{isMatch ? "✓" : "✕"}</span>
      <span className="hidden-visually">{isMatch ? "Same label" : "Other label"}</span>
    </span>
  );
}
