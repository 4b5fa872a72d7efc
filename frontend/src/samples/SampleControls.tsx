import type { SampleView } from "../api/types";
import { HeatControl } from "./HeatControl";
import { hasBoxes, type Overlay } from "./overlay";
import { OverlayControls } from "./OverlayControls";
import { hasImportance, hasSpans, marksOf } from "./texts";

type SampleControlsProps = {
  samples: readonly SampleView[];
  overlay: Overlay;
  onOverlay: (overlay: Overlay) => void;
};

/** What can be switched on and off over these samples; nothing where nothing is drawn over them. */
export function SampleControls({ samples, overlay, onOverlay }: SampleControlsProps) {
  const hasDrawnBoxes = samples.some(hasBoxes);
  const isTinted = samples.some(hasImportance);
  return (
    <>
      {(hasDrawnBoxes || samples.some(hasSpans)) && (
        <OverlayControls
          overlay={overlay}
          onOverlay={onOverlay}
          hasPrediction={samples.some((sample) => sample.prediction !== null)}
          hasTruth={samples.some((sample) => sample.truth !== null || marksOf(sample, "truth").length > 0)}
          hasConfidence={hasDrawnBoxes}
        />
      )}
      {(isTinted || samples.some((sample) => sample.heatmap)) && (
        <HeatControl overlay={overlay} onOverlay={onOverlay} isText={isTinted} />
      )}
    </>
  );
}
