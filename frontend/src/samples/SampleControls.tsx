import { HeatControl } from "./HeatControl";
import { renderersOf } from "./registry";
import type { ControlProps } from "./renderer";
import { hasImportance } from "./texts";

/** What can be switched on and off over these samples; nothing where nothing is drawn over them. */
export function SampleControls({ samples, overlay, onOverlay }: ControlProps) {
  const isTinted = samples.some(hasImportance);
  return (
    <>
      <KindControls samples={samples} overlay={overlay} onOverlay={onOverlay} />
      {(isTinted || samples.some((sample) => sample.heatmap)) && (
        <HeatControl overlay={overlay} onOverlay={onOverlay} isText={isTinted} />
      )}
    </>
  );
}

/** The same without explanations. */
export function KindControls(props: ControlProps) {
  return renderersOf(props.samples).map(({ Control }, i) => Control && <Control key={i} {...props} />);
}
