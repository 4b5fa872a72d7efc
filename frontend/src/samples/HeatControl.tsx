import { Switch } from "@mantine/core";
import { useExplanationMethod } from "./explanation";
import type { Overlay } from "./overlay";
import { OverlaySlider } from "./OverlaySlider";
import classes from "./samples.module.css";
import texts from "./texts.module.css";

const STRENGTH = 0.6;

type HeatControlProps = {
  overlay: Overlay;
  onOverlay: (overlay: Overlay) => void;
  /** Of a map that is made on demand. */
  state?: "asking" | "failed" | null;
  /** Whether words are tinted, for and against, rather than an image covered. */
  isText?: boolean;
};

/** Shows which parts of an input weigh for the prediction, and how strongly they are drawn. */
export function HeatControl({ overlay, onOverlay, state = null, isText = false }: HeatControlProps) {
  const isShown = overlay.heat > 0;
  const method = useExplanationMethod();
  return (
    <div className={classes.controls}>
      <Switch
        withThumbIndicator={false}
        label={method ? `Explanation: ${method.method}` : "Explanation"}
        checked={isShown}
        onChange={(event) => onOverlay({ ...overlay, heat: event.currentTarget.checked ? STRENGTH : 0 })}
      />
      {isShown && method && (
        <p className="small muted">
          {method.shows}.{" "}
          <a href={method.reference} target="_blank" rel="noreferrer">
            Paper
          </a>
        </p>
      )}
      {isShown && state && (
        <p className="small muted" role="status">
          {state === "asking" ? "Computing. The model is loaded first." : "The explanation could not be computed."}
        </p>
      )}
      {isShown && (
        <OverlaySlider
          name="Strength"
          label="Strength"
          min={0.1}
          step={0.05}
          value={overlay.heat}
          onChange={(heat) => onOverlay({ ...overlay, heat })}
        />
      )}
      {isShown && isText && (
        <p className={texts.weightLegend}>
          <span className={texts.piece} data-weight="for">
            for the prediction
          </span>
          <span className={texts.piece} data-weight="against">
            against the prediction
          </span>
        </p>
      )}
    </div>
  );
}

/** Colours of the heat maps, once a page: grey becomes dark violet to yellow, and black becomes clear. */
export function HeatColours() {
  return (
    <svg width="0" height="0" aria-hidden="true" style={{ position: "absolute" }}>
      <filter id="heat-colours" x="0" y="0" width="100%" height="100%" colorInterpolationFilters="sRGB">
        <feColorMatrix values="1 0 0 0 0  1 0 0 0 0  1 0 0 0 0  1 0 0 0 0" />
        <feComponentTransfer>
          <feFuncR type="table" tableValues="0.10 0.47 0.86 0.98 0.99" />
          <feFuncG type="table" tableValues="0.04 0.11 0.30 0.63 0.98" />
          <feFuncB type="table" tableValues="0.25 0.43 0.25 0.05 0.60" />
          <feFuncA type="table" tableValues="0 0.45 0.8 0.95 1" />
        </feComponentTransfer>
      </filter>
    </svg>
  );
}
