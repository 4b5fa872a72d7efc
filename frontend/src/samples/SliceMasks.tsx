import { useLayoutEffect, useRef } from "react";
import type { Mask, MediaRef, SampleView } from "../api/types";
import { differenceOf } from "./mask-difference";
import { shownMasks, masksOf } from "./masks";
import { MATCH_COLOURS } from "./match";
import { inkOf } from "../ui/colours";
import { isCompared, isDifferenceShown, maskColour, type Overlay } from "./overlay";
import { fillBitmap, outlineBitmap } from "./slice-drawing";
import { gridOf, gridSlice, sliceOfMask, type Axis, type Grid } from "./volume-masks";
import classes from "./volumes.module.css";

/** Pixels of the longer side of a drawing, about: enough for sharp outlines of coarse grids. */
const DRAWN_SIDE = 512;
/** Voxels that a line of two pixels covers from which on a grid is fine. */
const FINE = 0.5;
const SIDES = ["depth", "height", "width"] as const;

type SliceMasksProps = {
  sample: SampleView;
  classNames: readonly string[];
  overlay: Overlay;
  axis: Axis;
  /** From 0, of the slices of the volume. */
  slice: number;
};

/** Masks over one slice of a volume: predicted ones are filled, true ones are outlined; filled alone if nothing is. */
export function SliceMasks({ sample, classNames, overlay, axis, slice }: SliceMasksProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const media = sample.media as MediaRef;
  const isDifference = isDifferenceShown(sample, overlay);
  const layers = layersOf(sample, overlay);
  const grid = isDifference ? gridOf(masksOf(sample, "truth")) : (layers[0]?.grid ?? null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !grid || !canvas.current) return;
    const styles = getComputedStyle(canvas.current);
    const colourOf = (colour: string) => inkOf(colour, styles);
    const [across, down] = planeOf(grid, axis);
    const scale = Math.max(1, Math.round(DRAWN_SIDE / Math.max(across, down)));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, across * scale, down * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const plane = (mask: Mask, own: Grid) =>
      sliceOfMask(mask, own, axis, gridSlice(slice, media[SIDES[axis]] ?? 1, own[SIDES[axis]]));
    if (isDifference) {
      const [truth, predicted] = [shownMasks(sample, "truth", overlay), shownMasks(sample, "prediction", overlay)];
      context.globalAlpha = overlay.opacity;
      for (const [match, bitmap] of differenceOf(truth, predicted, (mask) => plane(mask, grid))) {
        context.fillStyle = colourOf(MATCH_COLOURS[match]);
        fillBitmap(context, bitmap);
      }
      return;
    }
    const areCompared = isCompared(sample, overlay);
    for (const layer of layers) {
      for (const mask of layer.masks) {
        const colour = colourOf(maskColour(layer.side, mask.label, classNames, areCompared));
        draw(context, plane(mask, layer.grid), colour, layer, overlay.opacity, 2 / scale);
      }
    }
  });
  if (!grid) return null;
  const [across, down] = planeOf(grid, axis);
  const scale = Math.max(1, Math.round(DRAWN_SIDE / Math.max(across, down)));
  const [wide, high] = planeOf(volumeOf(media, grid), axis);
  return (
    <canvas
      ref={canvas}
      className={classes.masks}
      aria-hidden="true"
      width={across * scale}
      height={down * scale}
      style={{ width: `${(wide / Math.max(wide, high)) * 100}%`, height: `${(high / Math.max(wide, high)) * 100}%` }}
    />
  );
}

type Layer = {
  side: "truth" | "prediction";
  grid: Grid;
  masks: readonly Mask[];
  isFilled: boolean;
  isOutlined: boolean;
};

function layersOf(sample: SampleView, overlay: Overlay): Layer[] {
  const isTruthFilled = !overlay.showsPrediction || sample.prediction === null;
  const layers: Layer[] = [];
  for (const name of ["prediction", "truth"] as const) {
    const grid = gridOf(masksOf(sample, name));
    if (!grid || !(name === "truth" ? overlay.showsTruth : overlay.showsPrediction)) continue;
    const isTruth = name === "truth";
    layers.push({
      side: name,
      grid,
      masks: shownMasks(sample, name, overlay),
      isFilled: !isTruth || isTruthFilled,
      isOutlined: isTruth,
    });
  }
  return layers;
}

function draw(
  context: CanvasRenderingContext2D,
  plane: ReturnType<typeof sliceOfMask>,
  colour: string,
  layer: Layer,
  opacity: number,
  thickness: number,
) {
  if (!plane.pixels.includes(1)) return;
  if (layer.isFilled) {
    context.globalAlpha = opacity;
    context.fillStyle = colour;
    fillBitmap(context, plane);
  }
  if (layer.isOutlined) {
    context.globalAlpha = 1;
    // On a fine grid lines are close, and a dark rim would hide what is between them.
    if (thickness < FINE) {
      context.fillStyle = "rgb(0 0 0 / 60%)";
      outlineBitmap(context, plane, 2 * thickness);
    }
    context.fillStyle = colour;
    outlineBitmap(context, plane, thickness);
  }
}

/** How wide and how high a slice is that is looked at along an axis. */
function planeOf({ depth, height, width }: Grid, axis: Axis): [number, number] {
  return [axis === 2 ? height : width, axis === 0 ? height : depth];
}

function volumeOf(media: MediaRef, grid: Grid): Grid {
  const { depth, height, width } = media;
  return depth && height && width ? { depth, height, width } : grid;
}
