import { Slider, Switch } from "@mantine/core";
import { formatPercent } from "../ui/format";
import type { Overlay } from "./overlay";
import classes from "./samples.module.css";

type OverlayControlsProps = { overlay: Overlay; onOverlay: (overlay: Overlay) => void; hasPrediction: boolean };

/** Which boxes are drawn: truth, prediction, and from which confidence on. */
export function OverlayControls({ overlay, onOverlay, hasPrediction }: OverlayControlsProps) {
  return (
    <div className={classes.controls}>
      <Switch
        withThumbIndicator={false}
        label={
          <span className={classes.lineKey}>
            <i data-line="solid" />
            Truth
          </span>
        }
        checked={overlay.showsTruth}
        onChange={(event) => onOverlay({ ...overlay, showsTruth: event.currentTarget.checked })}
      />
      {hasPrediction && (
        <Switch
          withThumbIndicator={false}
          label={
            <span className={classes.lineKey}>
              <i data-line="dashed" />
              Prediction
            </span>
          }
          checked={overlay.showsPrediction}
          onChange={(event) => onOverlay({ ...overlay, showsPrediction: event.currentTarget.checked })}
        />
      )}
      {hasPrediction && (
        <div className={classes.slider}>
          <span className="small" id="confidence-label">
            Confidence from <strong className="number">{formatPercent(overlay.confidence)}</strong>
          </span>
          <Slider
            aria-label="Confidence"
            thumbLabel="Confidence"
            label={null}
            min={0}
            max={1}
            step={0.01}
            size="sm"
            value={overlay.confidence}
            onChange={(confidence) => onOverlay({ ...overlay, confidence })}
          />
        </div>
      )}
    </div>
  );
}
