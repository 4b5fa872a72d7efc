import { importMedia } from "../api/imports";
import type { Import, MediaRef, MediaSize } from "../api/types";
import { AnswerLines } from "../samples/AnswerLines";
import { ImageOverlay } from "../samples/ImageOverlay";
import { FULL_OVERLAY } from "../samples/overlay";
import { ReadingCard } from "../samples/ReadingCard";
import { rendererOf, textsOf } from "../samples/registry";
import { SampleFacts } from "../samples/SampleFacts";
import { isRead } from "../samples/texts";
import classes from "./importing.module.css";

/** Three samples as the model will see them, with their boxes, marks and labels. */
export function SamplePreview({ scan }: { scan: Import }) {
  const samples = scan.samples.slice(0, 3);
  if (samples.length === 0) return <p className="muted">Samples appear when the columns are chosen.</p>;
  const source = (media: MediaRef, size: MediaSize) => importMedia(scan.id, media.path, size);
  return (
    <ul className={classes.samples}>
      {samples.map((sample) => {
        const part = { sample, source, classNames: scan.check?.classes ?? [], overlay: FULL_OVERLAY };
        const { Summary = SampleFacts } = rendererOf(sample);
        return (
          <li key={sample.row}>
            {sample.media && (
              <div className={classes.samplePicture}>
                <ImageOverlay {...part} size="full" withLabels />
              </div>
            )}
            {textsOf(sample).length > 0 && <ReadingCard {...part} />}
            <div className={classes.sampleFacts}>
              {isRead(sample) ? (
                <>
                  <AnswerLines {...part} />
                  <p className="tiny muted number">Row {sample.row}</p>
                </>
              ) : (
                <Summary {...part} />
              )}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
