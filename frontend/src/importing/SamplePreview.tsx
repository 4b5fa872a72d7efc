import { importMedia } from "../api/imports";
import type { Import } from "../api/types";
import { ImageOverlay } from "../samples/ImageOverlay";
import { FULL_OVERLAY } from "../samples/overlay";
import { SampleFacts } from "../samples/SampleFacts";
import classes from "./importing.module.css";

/** Three samples as the training will see them, with their boxes and labels. */
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
          <div style={{ padding: "12px 14px" }}>
            <SampleFacts sample={sample} classNames={[]} overlay={FULL_OVERLAY} />
          </div>
        </li>
      ))}
    </ul>
  );
}
