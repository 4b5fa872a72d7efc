import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { previewMedia, useSettingsPreview } from "../api/catalogue";
import { ApiError } from "../api/client";
import type { MediaRef, SampleView } from "../api/types";
import { ImageOverlay } from "../samples/ImageOverlay";
import { FULL_OVERLAY } from "../samples/overlay";
import { rendererOf } from "../samples/registry";
import { TextBlocks } from "../samples/TextBlocks";
import { isRead } from "../samples/texts";
import { FindingList } from "../ui/FindingList";
import { formatDuration } from "../ui/format";
import { EyeIcon } from "../ui/icons";
import { ErrorPanel, LoadingBlock } from "../ui/states";
import { useFormStore } from "./form-context";
import classes from "./try-rows.module.css";

/** Shows what the present settings make of real rows, before anything is trained. */
export function TryRows() {
  const store = useFormStore();
  const preview = useSettingsPreview();
  const [isOpen, setIsOpen] = useState(false);
  const ask = () => {
    const { problem_type, model_type, settings } = store.draft();
    preview.mutate(
      { problem_type, model_type, settings },
      { onError: (error) => error instanceof ApiError && error.status === 422 && store.blame(error.findings) },
    );
  };
  const open = () => {
    setIsOpen(true);
    ask();
  };
  return (
    <>
      <Button size="compact-sm" variant="default" leftSection={<EyeIcon size={14} />} onClick={open}>
        Preview on real rows
      </Button>
      <Modal opened={isOpen} onClose={() => setIsOpen(false)} size="min(1080px, 94vw)" title="What the model sees">
        {preview.isPending && <LoadingBlock height={320} />}
        {preview.error && <Failed error={preview.error} />}
        {preview.data && !preview.isPending && (
          <div className={classes.body}>
            {preview.data.notes.map((note) => (
              <p key={note} className={classes.note}>
                {note}
              </p>
            ))}
            <Pictures
              id={preview.data.id}
              title="Training"
              hint="Two random augmentations per row"
              samples={preview.data.train}
            />
            <Pictures
              id={preview.data.id}
              title="Validation and prediction"
              hint="No randomness"
              samples={preview.data.inference}
            />
            <div className="spread">
              <span className="tiny muted number">Generated in {formatDuration(preview.data.seconds)}</span>
              <Button variant="default" onClick={ask}>
                Try again
              </Button>
            </div>
          </div>
        )}
      </Modal>
    </>
  );
}

function Failed({ error }: { error: Error }) {
  const findings = error instanceof ApiError ? error.findings.filter((finding) => finding.level === "error") : [];
  return findings.length > 0 ? (
    <FindingList findings={findings} />
  ) : (
    <ErrorPanel title="The preview failed." error={error} />
  );
}

type PicturesProps = { id: string; title: string; hint: string; samples: readonly SampleView[] };

function Pictures({ id, title, hint, samples: given }: PicturesProps) {
  const samples = distinct(given);
  const classNames = [...new Set(samples.flatMap((one) => rendererOf(one).classNames?.(one) ?? []))].sort();
  const source = (media: MediaRef) => previewMedia(id, media.path);
  return (
    <section>
      <h3 className={classes.title}>
        {title}{" "}
        <span className="small muted">
          {samples.length < given.length ? "No randomness: the same in every epoch" : hint}
        </span>
      </h3>
      <ul className={classes.pictures} data-read={samples.some(isRead) || undefined} aria-label={title}>
        {samples.map((sample, i) => (
          <li key={i}>
            {isRead(sample) ? (
              <div className={classes.tokens}>
                <TextBlocks sample={sample} classNames={classNames} overlay={FULL_OVERLAY} />
              </div>
            ) : (
              <ImageOverlay
                sample={sample}
                source={source}
                classNames={classNames}
                overlay={FULL_OVERLAY}
                size="full"
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Texts that come out the same every time are shown once. */
function distinct(samples: readonly SampleView[]): readonly SampleView[] {
  const texts = (sample: SampleView) => JSON.stringify(sample.texts);
  return samples.filter(
    (sample, i) => !isRead(sample) || samples[i - 1]?.row !== sample.row || texts(sample) !== texts(samples[i - 1]!),
  );
}
