import { useMemo, useState } from "react";
import { datasetMedia, useClassNames } from "../api/datasets";
import { answerMedia } from "../api/runs";
import type { MediaRef, MediaSize, ProblemType, SampleView } from "../api/types";
import { ExplanationProvider } from "../samples/explanation";
import { ImageOverlay } from "../samples/ImageOverlay";
import { FULL_OVERLAY, type Overlay } from "../samples/overlay";
import { textsOf } from "../samples/registry";
import { SampleControls } from "../samples/SampleControls";
import { SampleFacts } from "../samples/SampleFacts";
import { TextBlocks } from "../samples/TextBlocks";
import { formatDuration } from "../ui/format";
import classes from "../pages/predict.module.css";

type FileAnswerProps = {
  sample: SampleView;
  seconds: number;
  run: string;
  dataset: string | null;
  explanation: ProblemType["explanation"];
  /** The file as the browser has it, where it draws such files by itself. */
  local: string | null;
};

/** What a model says about a file: the file as it is seen or heard, its texts, and the answer beside it. */
export function FileAnswer({ sample, seconds, run, dataset, explanation, local }: FileAnswerProps) {
  const [overlay, setOverlay] = useState<Overlay>({ ...FULL_OVERLAY, confidence: 0.3 });
  const classNames = useClassNames(dataset);
  const source = useMemo(
    () => (media: MediaRef, size: MediaSize) =>
      media.origin === "dataset" && dataset
        ? datasetMedia(dataset, media.path, size)
        : (local ?? answerMedia(run, media.path, size)),
    [local, run, dataset],
  );
  const part = { sample, classNames, overlay };
  return (
    <section className={classes.answer} aria-label="Result">
      <h2 className="hidden-visually">Result</h2>
      <div className={classes.answerPicture}>
        {sample.media && (
          <ImageOverlay
            key={local}
            {...part}
            source={source}
            size="full"
            withLabels
            heatUrl={sample.heatmap ? answerMedia(run, sample.heatmap.path) : null}
          />
        )}
      </div>
      <div className={classes.answerSide}>
        {textsOf(sample).length > 0 && <TextBlocks {...part} />}
        <ExplanationProvider value={explanation}>
          <SampleControls samples={[sample]} overlay={overlay} onOverlay={setOverlay} />
        </ExplanationProvider>
        <SampleFacts {...part} source={source} isNumbered={false} />
        <p className="tiny muted number">Predicted in {formatDuration(seconds)}</p>
      </div>
    </section>
  );
}
