import { importMedia } from "../api/imports";
import type { Import, SampleView } from "../api/types";
import { AnswerLines } from "../samples/AnswerLines";
import { ImageOverlay } from "../samples/ImageOverlay";
import { FULL_OVERLAY } from "../samples/overlay";
import { SampleFacts } from "../samples/SampleFacts";
import { ReadingCard } from "../samples/ReadingCard";
import { isRead } from "../samples/texts";
import { plural } from "../ui/format";
import classes from "./importing.module.css";

/** Three samples as the model will see them, with their boxes, marks and labels. */
export function SamplePreview({ scan }: { scan: Import }) {
  const samples = scan.samples.slice(0, 3);
  if (samples.length === 0) return <p className="muted">Samples appear when the columns are chosen.</p>;
  return (
    <ul className={classes.samples}>
      {samples.map((sample) => (
        <li key={sample.row}>
          {sample.media && (
            <div className={classes.samplePicture}>
              <ImageOverlay
                sample={sample}
                source={(media) => importMedia(scan.id, media.path)}
                classNames={[]}
                overlay={FULL_OVERLAY}
                size="full"
                withBoxLabels
              />
            </div>
          )}
          {isRead(sample) && <ReadingCard sample={sample} classNames={[]} overlay={FULL_OVERLAY} />}
          <div className={classes.sampleFacts}>
            {isRead(sample) ? (
              <>
                <AnswerLines sample={sample} classNames={[]} overlay={FULL_OVERLAY} />
                <p className="tiny muted number">Row {sample.row}</p>
              </>
            ) : sample.truth && sample.truth.boxes.length > 0 ? (
              <BoxCounts sample={sample} />
            ) : (
              <SampleFacts sample={sample} classNames={[]} overlay={FULL_OVERLAY} />
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** How many boxes of each class: a list of every box would push everything else away. */
function BoxCounts({ sample }: { sample: SampleView }) {
  const counts = new Map<string, number>();
  for (const box of sample.truth?.boxes ?? []) counts.set(box.label, (counts.get(box.label) ?? 0) + 1);
  const classes = [...counts].sort((a, b) => b[1] - a[1]);
  return (
    <p className="small">
      <span className="muted">
        Row {sample.row}, {plural(sample.truth?.boxes.length ?? 0, "box", "boxes")}:{" "}
      </span>
      {classes.map(([name, count]) => `${name} ${count}`).join(", ")}
    </p>
  );
}
