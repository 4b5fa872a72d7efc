import { useMemo, useState } from "react";
import { useProblemType } from "../api/catalogue";
import { answerMedia, useAnswer } from "../api/runs";
import { datasetMedia, useClassNames } from "../api/datasets";
import type { Experiment, MediaRef, MediaSize, Run } from "../api/types";
import { ImageOverlay } from "../samples/ImageOverlay";
import { FULL_OVERLAY, type Overlay } from "../samples/overlay";
import { ExplanationProvider } from "../samples/explanation";
import { SampleControls } from "../samples/SampleControls";
import { SampleFacts } from "../samples/SampleFacts";
import { FileDrop } from "../ui/FileDrop";
import { formatDuration } from "../ui/format";
import { RefusalPanel } from "../ui/RefusalPanel";
import classes from "../pages/predict.module.css";

/** Types of files that browsers draw by themselves. */
const DRAWN = /^image\/(png|jpeg|webp|gif|bmp)$/;

/** One image, answered at once in the page. The first answer loads the model; the next ones are quick. */
export function OneForm({ run, experiment }: { run: Run; experiment: Experiment }) {
  const problem = useProblemType(experiment.problem_type);
  const explanation = problem?.explanation ?? null;
  const noun = problem?.medium ?? "image";
  const answer = useAnswer(run.id, explanation !== null);
  const [overlay, setOverlay] = useState<Overlay>({ ...FULL_OVERLAY, confidence: 0.3 });
  const [local, setLocal] = useState<string | null>(null);
  const dataset = experiment.dataset?.id ?? null;
  const classNames = useClassNames(dataset);
  const ask = (file: File) => {
    if (local) URL.revokeObjectURL(local);
    setLocal(DRAWN.test(file.type) ? URL.createObjectURL(file) : null);
    answer.mutate(file);
  };
  const source = useMemo(
    () => (media: MediaRef, size: MediaSize) =>
      media.origin === "dataset" && dataset
        ? datasetMedia(dataset, media.path, size)
        : (local ?? answerMedia(run.id, media.path, size)),
    [local, run.id, dataset],
  );
  const sample = answer.data?.sample;
  return (
    <div className="column" style={{ gap: 16 }}>
      <FileDrop
        label={noun.charAt(0).toUpperCase() + noun.slice(1)}
        accept={noun === "image" ? "image/*" : ""}
        title={`Drop one ${noun} here`}
        button={sample ? `Choose another ${noun}` : `Choose ${noun}`}
        onFile={ask}
        isBusy={answer.isPending}
      >
        <p className="small muted">
          {answer.isPending
            ? "Predicting. The first prediction takes a few seconds while the model loads."
            : "It is predicted immediately and not saved as a dataset."}
        </p>
      </FileDrop>
      {answer.error && <RefusalPanel title="Prediction failed." error={answer.error} />}
      {sample && (
        <section className={classes.answer} aria-label="Result">
          <div className={classes.answerPicture}>
            {sample.media ? (
              <ImageOverlay
                key={local}
                sample={sample}
                source={source}
                classNames={classNames}
                overlay={overlay}
                size="full"
                withLabels
                heatUrl={sample.heatmap ? answerMedia(run.id, sample.heatmap.path) : null}
              />
            ) : null}
          </div>
          <div className={classes.answerSide}>
            <ExplanationProvider value={explanation}>
              <SampleControls samples={[sample]} overlay={overlay} onOverlay={setOverlay} />
            </ExplanationProvider>
            <SampleFacts sample={sample} source={source} classNames={classNames} overlay={overlay} isNumbered={false} />
            <p className="tiny muted number">Predicted in {formatDuration(answer.data?.seconds)}</p>
          </div>
        </section>
      )}
    </div>
  );
}
