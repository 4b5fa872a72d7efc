import { Switch } from "@mantine/core";
import { formatPercent } from "../ui/format";
import { type Overlay, SIDE_COLOURS } from "./overlay";
import { OverlaySlider } from "./OverlaySlider";
import classes from "./samples.module.css";

type OverlayControlsProps = {
  overlay: Overlay;
  onOverlay: (overlay: Overlay) => void;
  hasTruth: boolean;
  hasPrediction: boolean;
  /** Whether what is drawn can be limited by its confidence. */
  hasConfidence: boolean;
  predictionLine?: PredictionLine;
};

type PredictionLine = "dashed" | "filled";

/** What is drawn: truth, prediction, and from which confidence on. */
export function OverlayControls({
  overlay,
  onOverlay,
  hasTruth,
  hasPrediction,
  hasConfidence,
  predictionLine = "dashed",
}: OverlayControlsProps) {
  return (
    <div className={classes.controls}>
      <LayerSwitches
        overlay={overlay}
        onOverlay={onOverlay}
        hasTruth={hasTruth}
        hasPrediction={hasPrediction}
        predictionLine={predictionLine}
      />
      {hasPrediction && hasConfidence && (
        <OverlaySlider
          name="Confidence"
          label={
            <>
              Confidence from <strong className="number">{formatPercent(overlay.confidence)}</strong>
            </>
          }
          value={overlay.confidence}
          onChange={(confidence) => onOverlay({ ...overlay, confidence })}
        />
      )}
    </div>
  );
}

type LayerSwitchesProps = Omit<OverlayControlsProps, "hasConfidence"> & { predictionLine: PredictionLine };

/** Whether truth and prediction are drawn, with the way each is drawn. */
export function LayerSwitches({ overlay, onOverlay, hasTruth, hasPrediction, predictionLine }: LayerSwitchesProps) {
  const areCompared = hasTruth && hasPrediction && overlay.showsTruth && overlay.showsPrediction;
  const ink = (side: keyof typeof SIDE_COLOURS) => (areCompared ? { color: SIDE_COLOURS[side] } : undefined);
  return (
    <>
      {hasTruth && (
        <Switch
          withThumbIndicator={false}
          label={
            <span className={classes.lineKey}>
              <i data-line="solid" style={ink("truth")} />
              Truth
            </span>
          }
          checked={overlay.showsTruth}
          disabled={overlay.showsDifference}
          onChange={(event) => onOverlay({ ...overlay, showsTruth: event.currentTarget.checked })}
        />
      )}
      {hasPrediction && (
        <Switch
          withThumbIndicator={false}
          label={
            <span className={classes.lineKey}>
              <i data-line={predictionLine} style={ink("prediction")} />
              Prediction
            </span>
          }
          checked={overlay.showsPrediction}
          disabled={overlay.showsDifference}
          onChange={(event) => onOverlay({ ...overlay, showsPrediction: event.currentTarget.checked })}
        />
      )}
    </>
  );
}
