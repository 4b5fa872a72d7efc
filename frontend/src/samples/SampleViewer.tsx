import { ActionIcon, Modal } from "@mantine/core";
import { useEffect, useState } from "react";
import type { SampleView } from "../api/types";
import { answerMedia, useExplanation } from "../api/runs";
import { useDialogShortcuts } from "../ui/keys";
import { ChevronLeftIcon, ChevronRightIcon, CloseIcon, MinusIcon, PlusIcon } from "../ui/icons";
import { HeatControl } from "./HeatControl";
import { ImageOverlay } from "./ImageOverlay";
import type { MediaSource, Overlay } from "./overlay";
import { textsOf } from "./registry";
import { formatCount } from "../ui/format";
import { KindControls } from "./SampleControls";
import { SampleFacts } from "./SampleFacts";
import { TextBlocks } from "./TextBlocks";
import { hasImportance, isRead } from "./texts";
import texts from "./texts.module.css";
import classes from "./samples.module.css";

export type Explainer = { run: string; split: string };

type SampleViewerProps = {
  samples: SampleView[];
  /** Of all samples of the list, also those that are not loaded yet. */
  total: number;
  index: number;
  source: MediaSource;
  classNames: readonly string[];
  overlay: Overlay;
  onOverlay: (overlay: Overlay) => void;
  onIndex: (index: number) => void;
  onClose: () => void;
  explainer?: Explainer | null;
};

const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8];

/** One sample, large: every box, mark, label and probability, with the keyboard. */
export function SampleViewer({
  samples,
  total,
  index,
  source,
  classNames,
  overlay,
  onOverlay,
  onIndex,
  onClose,
  explainer = null,
}: SampleViewerProps) {
  const listed = samples[index] as SampleView;
  const isText = isRead(listed);
  const [zoom, setZoom] = useState(0);
  useEffect(() => {
    if (!isText) setZoom(0);
  }, [listed.row, isText]);
  const explanation = useExplanation(
    explainer?.run ?? null,
    explainer?.split ?? "",
    listed.row,
    overlay.heat > 0 && !listed.heatmap && !hasImportance(listed),
  );
  const heatmap = explanation.data?.sample.heatmap;
  const marked = explanation.data?.sample.texts;
  const sample = marked && marked.length > 0 ? { ...listed, texts: marked } : listed;
  const heatUrl = heatmap && explainer ? answerMedia(explainer.run, heatmap.path) : null;
  const zoomBy = (steps: number) => setZoom((old) => Math.max(0, Math.min(ZOOMS.length - 1, old + steps)));
  const step = (by: number) => index + by >= 0 && index + by < samples.length && onIndex(index + by);
  const toggleShapes = () =>
    onOverlay(
      overlay.showsTruth || overlay.showsPrediction
        ? { ...overlay, showsTruth: false, showsPrediction: false }
        : { ...overlay, showsTruth: true, showsPrediction: true },
    );
  useDialogShortcuts({
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    "+": () => zoomBy(1),
    "=": () => zoomBy(1),
    "-": () => zoomBy(-1),
    "0": () => setZoom(0),
    b: toggleShapes,
    m: toggleShapes,
    l: () => onOverlay({ ...overlay, showsLabels: !overlay.showsLabels }),
  });
  return (
    <Modal
      opened
      onClose={onClose}
      size="min(1400px, 94vw)"
      padding={0}
      centered={!isText}
      withCloseButton={false}
      attributes={{ content: { "aria-label": `Sample ${(!isText && sample.title) || sample.row}` } }}
    >
      <div className={classes.viewer} data-read={isText || undefined}>
        <div className={classes.stage}>
          <div
            className={classes.stageScroll}
            style={{ "--zoom": ZOOMS[zoom] } as React.CSSProperties}
            tabIndex={0}
            role="group"
            aria-label={isText ? "Text" : "Picture"}
          >
            {sample.media ? (
              <ImageOverlay
                key={sample.row}
                sample={sample}
                source={source}
                classNames={classNames}
                overlay={overlay}
                size="full"
                withLabels
                heatUrl={heatUrl}
              />
            ) : (
              <div className={texts.stage}>
                <TextBlocks key={sample.row} sample={sample} classNames={classNames} overlay={overlay} />
              </div>
            )}
          </div>
          {!isText && (
            <div className={classes.stageButtons}>
              <ActionIcon variant="default" aria-label="Zoom out" disabled={zoom === 0} onClick={() => zoomBy(-1)}>
                <MinusIcon size={16} />
              </ActionIcon>
              <span className="number tiny">{Math.round((ZOOMS[zoom] ?? 1) * 100)} %</span>
              <ActionIcon
                variant="default"
                aria-label="Zoom in"
                disabled={zoom === ZOOMS.length - 1}
                onClick={() => zoomBy(1)}
              >
                <PlusIcon size={16} />
              </ActionIcon>
            </div>
          )}
        </div>
        <div className={classes.panel}>
          <div className="spread">
            <div className="row">
              <ActionIcon
                variant="default"
                size={32}
                aria-label="Previous sample"
                disabled={index === 0}
                onClick={() => step(-1)}
              >
                <ChevronLeftIcon size={16} />
              </ActionIcon>
              <ActionIcon
                variant="default"
                size={32}
                data-autofocus
                aria-label="Next sample"
                disabled={index === samples.length - 1}
                onClick={() => step(1)}
              >
                <ChevronRightIcon size={16} />
              </ActionIcon>
              <span className="small muted number">
                {formatCount(index + 1)} of {formatCount(total)}
              </span>
            </div>
            <ActionIcon variant="subtle" color="gray" size={32} aria-label="Close" onClick={onClose}>
              <CloseIcon size={18} />
            </ActionIcon>
          </div>
          <h2 className={classes.viewerTitle}>{(!isText && sample.title) || `Row ${sample.row}`}</h2>
          {sample.media !== null && textsOf(sample).length > 0 && (
            <TextBlocks key={sample.row} sample={sample} classNames={classNames} overlay={overlay} />
          )}
          <KindControls samples={[sample]} overlay={overlay} onOverlay={onOverlay} />
          {(sample.heatmap || hasImportance(sample) || explainer) && (
            <HeatControl
              isText={sample.texts.length > 0}
              overlay={overlay}
              onOverlay={onOverlay}
              state={explanation.isFetching ? "asking" : explanation.error ? "failed" : null}
            />
          )}
          <SampleFacts sample={sample} source={source} classNames={classNames} overlay={overlay} />
        </div>
      </div>
    </Modal>
  );
}
