import type { Box, SampleView } from "../../api/types";
import { formatPercent, plural } from "../../ui/format";
import { isCompared, objectColour, type Overlay, type SIDE_COLOURS } from "../overlay";
import { ObjectClassCounts, ObjectCounts, ObjectLists } from "../ObjectParts";
import { OverlayControls } from "../OverlayControls";
import { annotationOf, type ControlProps, type PartProps, type Renderer, type ShapesProps } from "../renderer";

const NO_BOXES: readonly Box[] = [];

/** Objects in an image: truth solid, prediction dashed, from a confidence on. */
export const BOXES: Renderer = {
  Lines: BoxCounts,
  Facts: BoxLists,
  Summary: ClassCounts,
  Shapes: BoxShapes,
  Control: BoxControl,
  classNames: (sample) => trueBoxes(sample).map((box) => box.label),
  filterWords: { right: "Without mistakes", wrong: "With mistakes" },
};

function trueBoxes(sample: SampleView): readonly Box[] {
  return annotationOf(sample, "truth", "boxes")?.boxes ?? NO_BOXES;
}

/** Predicted boxes at or above the confidence. */
function predictedBoxes(sample: SampleView, { confidence }: Overlay): readonly Box[] {
  const boxes = annotationOf(sample, "prediction", "boxes")?.boxes ?? NO_BOXES;
  return boxes.filter((box) => box.score === null || box.score >= confidence);
}

function BoxControl({ samples, overlay, onOverlay }: ControlProps) {
  return (
    <OverlayControls
      overlay={overlay}
      onOverlay={onOverlay}
      hasTruth={samples.some((sample) => sample.truth !== null)}
      hasPrediction={samples.some((sample) => sample.prediction !== null)}
      hasConfidence
    />
  );
}

function BoxCounts({ sample, overlay }: PartProps) {
  return (
    <ObjectCounts sample={sample} truth={trueBoxes(sample)} predicted={predictedBoxes(sample, overlay)} noun="object" />
  );
}

function ClassCounts({ sample }: PartProps) {
  const boxes = trueBoxes(sample);
  return <ObjectClassCounts row={sample.row} objects={boxes} count={plural(boxes.length, "box", "boxes")} />;
}

function BoxLists({ sample, overlay, classNames }: PartProps) {
  const truth = overlay.showsTruth ? trueBoxes(sample) : NO_BOXES;
  const predicted = overlay.showsPrediction ? predictedBoxes(sample, overlay) : NO_BOXES;
  return <ObjectLists sample={sample} truth={truth} predicted={predicted} classNames={classNames} />;
}

function BoxShapes({ sample, overlay, classNames, unit, thickness, withLabels }: ShapesProps) {
  const truth = overlay.showsTruth ? trueBoxes(sample) : NO_BOXES;
  const predicted = overlay.showsPrediction ? predictedBoxes(sample, overlay) : NO_BOXES;
  const isNamed = withLabels && overlay.showsLabels;
  const areCompared = isCompared(sample, overlay);
  const colour = (box: Box, side: keyof typeof SIDE_COLOURS) => objectColour(side, box.label, classNames, areCompared);
  const shared = { unit, thickness };
  return (
    <>
      {predicted.map((box, i) => (
        <BoxShape key={`p${i}`} box={box} colour={colour(box, "prediction")} {...shared} isDashed withLabel={isNamed} />
      ))}
      {truth.map((box, i) => (
        <BoxShape
          key={`t${i}`}
          box={box}
          colour={colour(box, "truth")}
          {...shared}
          withLabel={isNamed && predicted.length === 0}
        />
      ))}
    </>
  );
}

type BoxShapeProps = {
  box: Box;
  colour: string;
  unit: number;
  thickness: number;
  isDashed?: boolean;
  withLabel: boolean;
};

const FONT = 12;

/** A box with a dark edge, so that it stands out on any picture. */
function BoxShape({ box, colour, unit, thickness, isDashed, withLabel }: BoxShapeProps) {
  const shape = {
    x: box.x_min,
    y: box.y_min,
    width: Math.max(0, box.x_max - box.x_min),
    height: Math.max(0, box.y_max - box.y_min),
    fill: "none",
    vectorEffect: "non-scaling-stroke" as const,
  };
  return (
    <g>
      <rect {...shape} stroke="rgb(0 0 0 / 60%)" strokeWidth={thickness + 1.5} />
      <rect
        {...shape}
        style={{ stroke: colour }}
        strokeWidth={thickness}
        strokeDasharray={isDashed ? "6 4" : undefined}
      />
      {withLabel && <BoxLabel box={box} colour={colour} unit={unit} />}
    </g>
  );
}

function BoxLabel({ box, colour, unit }: { box: Box; colour: string; unit: number }) {
  const text = box.score === null ? box.label : `${box.label} ${formatPercent(box.score)}`;
  const width = (text.length * 7.4 + 12) * unit;
  const height = 17 * unit;
  const top = box.y_min >= height ? box.y_min - height : box.y_min;
  return (
    <g>
      <rect x={box.x_min} y={top} width={width} height={height} fill="rgb(0 0 0 / 78%)" />
      <rect x={box.x_min} y={top} width={3 * unit} height={height} style={{ fill: colour }} />
      <text x={box.x_min + 6 * unit} y={top + height - 4.5 * unit} fontSize={FONT * unit} fill="#fff">
        {text}
      </text>
    </g>
  );
}
