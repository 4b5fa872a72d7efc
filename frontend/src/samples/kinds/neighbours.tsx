import type { Neighbour, SampleView } from "../../api/types";
import { formatCount } from "../../ui/format";
import { LabelDot } from "../LabelDot";
import { RightMark } from "../match";
import type { MediaSource } from "../overlay";
import { annotationOf, type PartProps, type Renderer } from "../renderer";
import { labelsOf, TrueLabels, TruthChips } from "./labels";
import classes from "./neighbours.module.css";

const NO_NEIGHBOURS: readonly Neighbour[] = [];
const SHOWN_ON_CARD = 3;
const MATCH = { right: "Same label", wrong: "Other label" };

/** The rows most like a sample: how alike, and whether they have its label. */
export const NEIGHBOURS: Renderer = {
  Lines: NeighbourLines,
  Facts: NeighbourFacts,
  filterWords: { prediction: "Nearest label", outcome: "Nearest", ...MATCH },
};

function neighboursOf(sample: SampleView): readonly Neighbour[] {
  return annotationOf(sample, "prediction", "neighbours")?.neighbours ?? NO_NEIGHBOURS;
}

function hasPictures(neighbours: readonly Neighbour[]): boolean {
  return neighbours.some((one) => one.media !== null);
}

function NeighbourLines({ sample, source, classNames, overlay }: PartProps) {
  const neighbours = neighboursOf(sample);
  return (
    <>
      {overlay.showsTruth && <TrueLabels labels={labelsOf(sample, "truth")} classNames={classNames} />}
      {hasPictures(neighbours) && (
        <span className={classes.thumbnails}>
          {neighbours.slice(0, SHOWN_ON_CARD).map((one, i) => (
            <span key={i} className={classes.thumbnail}>
              <NeighbourPicture neighbour={one} source={source} />
              <Cosine value={one.similarity} />
            </span>
          ))}
        </span>
      )}
      {neighbours.length > 0 && <MatchCount neighbours={neighbours} />}
    </>
  );
}

/** How many of the nearest match, in one line. */
function MatchCount({ neighbours }: { neighbours: readonly Neighbour[] }) {
  const known = neighbours.filter((one) => one.is_match !== null);
  const right = known.filter((one) => one.is_match).length;
  return (
    <span className={classes.count}>
      {known.length > 0
        ? `${right} of ${known.length} nearest ${right === 1 ? "has" : "have"} its label`
        : `${neighbours.length} nearest ${neighbours.length === 1 ? "row" : "rows"}`}
      {!hasPictures(neighbours) && (
        <span aria-hidden="true">
          {known.map((one, i) => (
            <i key={i} data-right={one.is_match}>
              {one.is_match ? "✓" : "✕"}
            </i>
          ))}
        </span>
      )}
    </span>
  );
}

function NeighbourFacts({ sample, source, classNames }: PartProps) {
  const neighbours = neighboursOf(sample);
  const List = hasPictures(neighbours) ? PictureList : TextList;
  return (
    <>
      <TruthChips labels={labelsOf(sample, "truth")} classNames={classNames} />
      <section aria-label="Nearest neighbours">
        <h3>Nearest neighbours</h3>
        {neighbours.length === 0 ? (
          <p className="small muted">There is no other row to compare it with.</p>
        ) : (
          <List neighbours={neighbours} source={source} classNames={classNames} />
        )}
      </section>
    </>
  );
}

type ListProps = { neighbours: readonly Neighbour[]; source: MediaSource; classNames: readonly string[] };

function PictureList({ neighbours, source, classNames }: ListProps) {
  return (
    <ol className={classes.pictures}>
      {neighbours.map((one, i) => (
        <li key={i} className={classes.thumbnail}>
          <NeighbourPicture neighbour={one} source={source} />
          <Cosine value={one.similarity} />
          <NeighbourName neighbour={one} classNames={classNames} />
        </li>
      ))}
    </ol>
  );
}

function TextList({ neighbours, classNames }: ListProps) {
  return (
    <ol className={classes.texts}>
      {neighbours.map((one, i) => (
        <li key={i}>
          <div className={classes.head}>
            <NeighbourName neighbour={one} classNames={classNames} />
            <span className={classes.similarity}>
              {one.is_match !== null && <RightMark isRight={one.is_match} {...MATCH} />}
              <Cosine value={one.similarity} />
            </span>
          </div>
          <p className={classes.text} dir="auto">
            {one.text}
          </p>
        </li>
      ))}
    </ol>
  );
}

/** A small picture with a mark in its corner: a solid green frame around a match, a dashed one around another label. */
function NeighbourPicture({ neighbour, source }: { neighbour: Neighbour; source: MediaSource }) {
  const { media, label, row, is_match: isMatch } = neighbour;
  return (
    <span className={classes.frame} data-match={isMatch ?? undefined}>
      {media && <img src={source(media, 256)} alt={label ? `Row ${row}, ${label}` : `Row ${row}`} loading="lazy" />}
      {isMatch !== null && (
        <span className={classes.corner}>
          <RightMark isRight={isMatch} {...MATCH} />
        </span>
      )}
    </span>
  );
}

function NeighbourName({ neighbour, classNames }: { neighbour: Neighbour; classNames: readonly string[] }) {
  const { label, row } = neighbour;
  return (
    <span className={classes.name} title={`Row ${formatCount(row)}`}>
      {label && <LabelDot label={label} classNames={classNames} />}
      <span className="clip">{label || `Row ${formatCount(row)}`}</span>
    </span>
  );
}

function Cosine({ value }: { value: number }) {
  return (
    <span className={`${classes.cosine} number`} title="Cosine similarity">
      {value.toFixed(3)}
    </span>
  );
}
