import { Slider } from "@mantine/core";
import type { ReactNode } from "react";
import type { Overlay } from "./overlay";
import classes from "./samples.module.css";

type OverlaySliderProps = {
  name: string;
  label: ReactNode;
  value: number;
  onChange: (value: number) => void;
  min?: number;
  step?: number;
};

/** A share from `min` to 1 that changes what is drawn over an image. */
export function OverlaySlider({ name, label, value, onChange, min = 0, step = 0.01 }: OverlaySliderProps) {
  return (
    <div className={classes.slider}>
      <span className="small">{label}</span>
      <Slider
        aria-label={name}
        thumbLabel={name}
        label={null}
        min={min}
        max={1}
        step={step}
        size="sm"
        value={value}
        onChange={onChange}
      />
    </div>
  );
}

type OpacitySliderProps = { overlay: Overlay; onOverlay: (overlay: Overlay) => void };

/** How strongly masks cover the image. */
export function OpacitySlider({ overlay, onOverlay }: OpacitySliderProps) {
  return (
    <OverlaySlider
      name="Opacity"
      label="Opacity"
      min={0.05}
      step={0.05}
      value={overlay.opacity}
      onChange={(opacity) => onOverlay({ ...overlay, opacity })}
    />
  );
}
