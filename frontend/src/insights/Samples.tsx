import { useState } from "react";
import type { SamplesPayload } from "../api/insight";
import { type Overlay, FULL_OVERLAY } from "../samples/overlay";
import { SampleControls } from "../samples/SampleControls";
import { SampleGrid } from "../samples/SampleGrid";
import { useInsightContext } from "./context";
import type { PanelProps } from "./panel";

/** A grid of samples chosen by the run: the batch as the model sees it, the best, the worst. */
export function Samples({ payload, group, title }: PanelProps<SamplesPayload>) {
  const { source, classNames, explainer } = useInsightContext();
  const [overlay, setOverlay] = useState<Overlay>({ ...FULL_OVERLAY, confidence: payload.confidence ?? 0 });
  const samples = [...payload.samples];
  return (
    <div className="column" style={{ gap: 12 }}>
      <SampleControls samples={samples} overlay={overlay} onOverlay={setOverlay} />
      <SampleGrid
        samples={samples}
        source={source}
        classNames={classNames}
        overlay={overlay}
        onOverlay={setOverlay}
        label={title}
        explainer={explainer === null || group === "train" ? null : { run: explainer, split: group }}
      />
    </div>
  );
}
