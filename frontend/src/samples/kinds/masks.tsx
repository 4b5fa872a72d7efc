import { useMemo } from "react";
import type { Mask, SampleView } from "../../api/types";
import { formatMetric, formatPercent } from "../../ui/format";
import { ClassButtons } from "../ClassButtons";
import { DifferenceSwitch } from "../DifferenceSwitch";
import { LabelDot } from "../LabelDot";
import { differenceOf } from "../mask-difference";
import { areaOf, bitmapOf, filledPath, maskClasses, masksOf, outlinePath, shownMasks, type MaskSide } from "../masks";
import { MATCH_COLOURS } from "../match";
import { isCompared, isDifferenceShown, maskColour } from "../overlay";
import { LayerSwitches } from "../OverlayControls";
import { OpacitySlider } from "../OverlaySlider";
import type { ControlProps, PartProps, Renderer, ShapesProps } from "../renderer";
import classes from "../samples.module.css";

const SHOWN_CLASSES = 4;

/** Pixels of classes: predicted ones are filled, true ones are outlined; filled alone if nothing is predicted. */
export const MASKS: Renderer = {
  Lines: MaskLines,
  Facts: MaskTable,
  Summary: MaskSummary,
  Shapes: MaskShapes,
  Control: MaskControl,
  classNames: maskClasses,
};

function MaskLines({ sample, classNames }: PartProps) {
  const names = maskClasses(sample);
  const iou = sample.scores.IoU;
  return (
    <p className={`${classes.labelLine} ${classes.wraps}`}>
      {names.slice(0, SHOWN_CLASSES).map((name) => (
        <span key={name} className={classes.maskName}>
          <LabelDot label={name} classNames={classNames} />
          {name}
        </span>
      ))}
      {names.length > SHOWN_CLASSES && <span className="muted">and {names.length - SHOWN_CLASSES} more</span>}
      {names.length === 0 && <span className="muted">no class</span>}
      {iou !== undefined && <span className="muted number">IoU {formatMetric(iou)}</span>}
    </p>
  );
}

function MaskSummary({ sample }: PartProps) {
  const names = masksOf(sample, "truth").masks.map((mask) => mask.label);
  return (
    <p className="small">
      <span className="muted">Row {sample.row}: </span>
      {names.length > 0 ? [...new Set(names)].join(", ") : "no class"}
    </p>
  );
}

/** Of each class the share of the image in truth and prediction, and how far they overlap. */
function MaskTable({ sample, classNames }: PartProps) {
  const truth = masksOf(sample, "truth");
  const predicted = masksOf(sample, "prediction");
  const hasTruth = sample.truth !== null;
  const hasPrediction = sample.prediction !== null;
  const names = maskClasses(sample);
  if (names.length === 0) return <p className="small muted">No pixel is of a class.</p>;
  return (
    <table className={classes.values}>
      <thead>
        <tr>
          <th>Class</th>
          {hasTruth && <th>Truth</th>}
          {hasPrediction && <th>Prediction</th>}
          {hasTruth && hasPrediction && <th>IoU</th>}
        </tr>
      </thead>
      <tbody>
        {names.map((name) => (
          <tr key={name}>
            <th>
              <LabelDot label={name} classNames={classNames} /> {name}
            </th>
            {hasTruth && <td>{shareOf(truth, name, sample)}</td>}
            {hasPrediction && <td>{shareOf(predicted, name, sample)}</td>}
            {hasTruth && hasPrediction && <td>{formatMetric(iouOf(predicted, name))}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function shareOf(side: MaskSide, name: string, sample: SampleView): string {
  const area = side.masks.filter((mask) => mask.label === name).reduce((sum, mask) => sum + areaOf(mask.runs), 0);
  const width = side.width ?? sample.media?.width;
  const height = side.height ?? sample.media?.height;
  const depth = side.depth ?? sample.media?.depth ?? 1;
  return width && height ? formatPercent(area / (width * height * depth), 1) : String(area);
}

/** A class that is not predicted, and so has no mask, has nothing in common with the truth. */
function iouOf(side: MaskSide, name: string): number {
  return side.masks.find((mask) => mask.label === name)?.iou ?? 0;
}

function MaskShapes(props: ShapesProps) {
  const { sample, overlay, classNames, thickness, width, height } = props;
  if (isDifferenceShown(sample, overlay)) return <DifferenceShapes {...props} />;
  const areCompared = isCompared(sample, overlay);
  const isTruthFilled = !overlay.showsPrediction || sample.prediction === null;
  const layers = [
    { side: "prediction", isShown: overlay.showsPrediction, isFilled: true, isOutlined: false },
    { side: "truth", isShown: overlay.showsTruth, isFilled: isTruthFilled, isOutlined: true },
  ] as const;
  return layers
    .filter(({ isShown }) => isShown)
    .map(({ side, isFilled, isOutlined }) => {
      const grid = masksOf(sample, side);
      return shownMasks(sample, side, overlay).map((mask, i) => (
        <MaskShape
          key={`${side}${i}`}
          mask={mask}
          gridWidth={grid.width ?? width}
          gridHeight={grid.height ?? height}
          width={width}
          height={height}
          colour={maskColour(side, mask.label, classNames, areCompared)}
          opacity={isFilled ? overlay.opacity : 0}
          thickness={isOutlined ? thickness : 0}
        />
      ));
    });
}

/** The pixels that prediction and truth agree on, and those they do not. */
function DifferenceShapes({ sample, overlay, width, height }: ShapesProps) {
  const { hiddenClasses } = overlay;
  const grid = masksOf(sample, "truth");
  const gridWidth = grid.width ?? width;
  const gridHeight = grid.height ?? height;
  const parts = useMemo(() => {
    const truth = shownMasks(sample, "truth", { hiddenClasses });
    const predicted = shownMasks(sample, "prediction", { hiddenClasses });
    return differenceOf(truth, predicted, ({ runs }) => bitmapOf(runs, gridWidth, gridHeight)).map(
      ([match, bitmap]) => ({ match, path: filledPath(bitmap) }),
    );
  }, [sample, hiddenClasses, gridWidth, gridHeight]);
  return (
    <g transform={`scale(${width / gridWidth} ${height / gridHeight})`} fillOpacity={overlay.opacity}>
      {parts.map(({ match, path }) => (
        <path
          key={match}
          d={path}
          data-difference={match}
          style={{ fill: MATCH_COLOURS[match] }}
          shapeRendering="crispEdges"
        />
      ))}
    </g>
  );
}

type MaskShapeProps = {
  mask: Mask;
  gridWidth: number;
  gridHeight: number;
  width: number;
  height: number;
  colour: string;
  /** Of the filling; 0 leaves it out. */
  opacity: number;
  /** Of the outline; 0 leaves it out. */
  thickness: number;
};

function MaskShape({ mask, gridWidth, gridHeight, width, height, colour, opacity, thickness }: MaskShapeProps) {
  const bitmap = useMemo(() => bitmapOf(mask.runs, gridWidth, gridHeight), [mask.runs, gridWidth, gridHeight]);
  const filling = useMemo(() => (opacity > 0 ? filledPath(bitmap) : ""), [bitmap, opacity > 0]);
  const outline = useMemo(() => (thickness > 0 ? outlinePath(bitmap) : ""), [bitmap, thickness > 0]);
  const line = { d: outline, fill: "none", vectorEffect: "non-scaling-stroke" as const };
  return (
    <g transform={`scale(${width / gridWidth} ${height / gridHeight})`} data-mask={mask.label}>
      {filling && <path d={filling} style={{ fill: colour }} fillOpacity={opacity} shapeRendering="crispEdges" />}
      {outline && <path {...line} stroke="rgb(0 0 0 / 60%)" strokeWidth={thickness * 2} />}
      {outline && <path {...line} style={{ stroke: colour }} strokeWidth={thickness} />}
    </g>
  );
}

/** Truth, prediction or their difference, how strongly pixels are covered, and which classes. */
function MaskControl({ samples, overlay, onOverlay }: ControlProps) {
  const names = [...new Set(samples.flatMap(maskClasses))].sort();
  const hasTruth = samples.some((sample) => sample.truth !== null);
  const hasPrediction = samples.some((sample) => sample.prediction !== null);
  return (
    <div className={classes.controls}>
      <LayerSwitches
        overlay={overlay}
        onOverlay={onOverlay}
        hasTruth={hasTruth}
        hasPrediction={hasPrediction}
        predictionLine="filled"
      />
      {hasTruth && hasPrediction && <DifferenceSwitch overlay={overlay} onOverlay={onOverlay} />}
      <OpacitySlider overlay={overlay} onOverlay={onOverlay} />
      {names.length > 1 && <ClassButtons names={names} overlay={overlay} onOverlay={onOverlay} />}
    </div>
  );
}
