import { SegmentedControl } from "@mantine/core";
import { memo, useMemo, useState, type ReactNode } from "react";
import type { Instance } from "../../api/types";
import { plural } from "../../ui/format";
import { ClassButtons } from "../ClassButtons";
import {
  drawn,
  instanceClasses,
  instanceColour,
  instancesOf,
  instanceWords,
  sureInstances,
  type DrawnInstance,
  type InstanceSide,
} from "../instances";
import type { ColourBy } from "../overlay";
import { ObjectClassCounts, ObjectCounts, ObjectLists } from "../ObjectParts";
import { OverlayControls } from "../OverlayControls";
import { OpacitySlider } from "../OverlaySlider";
import type { ControlProps, PartProps, Renderer, ShapesProps } from "../renderer";
import classes from "../samples.module.css";

/** Objects with a mask each: predicted ones are filled, true ones are outlined; filled alone if nothing is predicted. */
export const INSTANCES: Renderer = {
  Lines: InstanceCounts,
  Facts: InstanceLists,
  Summary: ClassCounts,
  Layers: InstanceLayers,
  Control: InstanceControl,
  classNames: instanceClasses,
  filterWords: { right: "Without mistakes", wrong: "With mistakes" },
};

function InstanceCounts({ sample, overlay }: PartProps) {
  const truth = instancesOf(sample, "truth").instances;
  const predicted = sureInstances(sample, overlay.confidence);
  return <ObjectCounts sample={sample} truth={truth} predicted={predicted} noun="instance" />;
}

function ClassCounts({ sample }: PartProps) {
  const { instances } = instancesOf(sample, "truth");
  return <ObjectClassCounts row={sample.row} objects={instances} count={plural(instances.length, "instance")} />;
}

const NONE: readonly Instance[] = [];

function InstanceLists({ sample, overlay, classNames }: PartProps) {
  const { confidence, showsTruth, showsPrediction } = overlay;
  const truth = showsTruth ? instancesOf(sample, "truth").instances : NONE;
  const predicted = useMemo(
    () => (showsPrediction ? sureInstances(sample, confidence) : NONE),
    [sample, confidence, showsPrediction],
  );
  return <ObjectLists sample={sample} truth={truth} predicted={predicted} classNames={classNames} />;
}

function InstanceLayers({ sample, overlay, classNames, unit, thickness, width, height, withLabels }: ShapesProps) {
  const [pointed, setPointed] = useState<DrawnInstance | null>(null);
  const truth = useDrawn(instancesOf(sample, "truth"), width, height);
  const predicted = useDrawn(instancesOf(sample, "prediction"), width, height);
  const { confidence, hiddenClasses, showsTruth, showsPrediction } = overlay;
  const isCompared = showsPrediction && sample.prediction !== null;
  const shownTruth = useMemo(
    () => truth.shapes.filter(({ instance }) => showsTruth && !hiddenClasses.includes(instance.label)),
    [truth, showsTruth, hiddenClasses],
  );
  const shownPrediction = useMemo(
    () =>
      predicted.shapes.filter(
        ({ instance }) =>
          showsPrediction &&
          !hiddenClasses.includes(instance.label) &&
          (instance.score === null || instance.score >= confidence),
      ),
    [predicted, showsPrediction, hiddenClasses, confidence],
  );
  const filled = isCompared ? predicted : truth;
  const look = { by: overlay.colourBy, classNames };
  const onPoint = withLabels && overlay.showsLabels ? setPointed : undefined;
  return (
    <>
      <Layer width={width} height={height} opacity={overlay.opacity} isTouched>
        <g transform={filled.transform}>
          <Fillings shapes={isCompared ? shownPrediction : shownTruth} {...look} onPoint={onPoint} />
        </g>
      </Layer>
      <Layer width={width} height={height}>
        <g transform={truth.transform}>
          <Outlines shapes={shownTruth} {...look} thickness={thickness} isCompared={isCompared} />
        </g>
      </Layer>
      {onPoint && (
        <Layer width={width} height={height}>
          {pointed && <InstanceLabel shape={pointed} scale={filled.scale} unit={unit} width={width} />}
        </Layer>
      )}
    </>
  );
}

/** The instances of a side as paths, and how their grid lies over the image. */
function useDrawn(side: InstanceSide, width: number, height: number) {
  const gridWidth = side.width ?? width;
  const gridHeight = side.height ?? height;
  const shapes = useMemo(() => drawn(side.instances, gridWidth, gridHeight), [side.instances, gridWidth, gridHeight]);
  const scale = { x: width / gridWidth, y: height / gridHeight };
  return { shapes, scale, transform: `scale(${scale.x} ${scale.y})` };
}

type LayerProps = { width: number; height: number; opacity?: number; isTouched?: boolean; children: ReactNode };

/** The browser draws hundreds of paths once, whatever fades or moves over or under them. */
function Layer({ width, height, opacity = 1, isTouched = false, children }: LayerProps) {
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
      preserveAspectRatio="none"
      style={{ opacity, willChange: "opacity", pointerEvents: isTouched ? undefined : "none" }}
    >
      {children}
    </svg>
  );
}

type Look = { by: ColourBy; classNames: readonly string[] };
type FillingsProps = Look & {
  shapes: readonly DrawnInstance[];
  onPoint: ((shape: DrawnInstance | null) => void) | undefined;
};

/** Drawn anew only if something about them changes, not where the pointer is. */
const Fillings = memo(function Fillings({ shapes, by, classNames, onPoint }: FillingsProps) {
  return shapes.map((shape) => (
    <path
      key={shape.place}
      d={shape.filling}
      data-instance={shape.instance.label}
      style={{ fill: instanceColour(shape, by, classNames) }}
      shapeRendering="crispEdges"
      onPointerEnter={onPoint && (() => onPoint(shape))}
      onPointerLeave={onPoint && (() => onPoint(null))}
    />
  ));
});

type OutlinesProps = Look & { shapes: readonly DrawnInstance[]; thickness: number; isCompared: boolean };

/** One path a colour: hundreds of outlines are as quick to draw as one. */
const Outlines = memo(function Outlines({ shapes, by, classNames, thickness, isCompared }: OutlinesProps) {
  const paths = new Map<string, string[]>();
  for (const shape of shapes) {
    // Next to filled predictions, the colour of a true instance would stand for nothing.
    const colour = instanceColour(shape, by === "instance" && isCompared ? "class" : by, classNames);
    paths.set(colour, [...(paths.get(colour) ?? []), shape.outline]);
  }
  const line = { fill: "none", vectorEffect: "non-scaling-stroke" as const, pointerEvents: "none" as const };
  return (
    <>
      <path
        {...line}
        d={shapes.map((shape) => shape.outline).join("")}
        stroke="rgb(0 0 0 / 60%)"
        strokeWidth={thickness * 2}
      />
      {[...paths].map(([colour, parts]) => (
        <path key={colour} {...line} d={parts.join("")} style={{ stroke: colour }} strokeWidth={thickness} />
      ))}
    </>
  );
});

const FONT = 12;

type InstanceLabelProps = { shape: DrawnInstance; scale: { x: number; y: number }; unit: number; width: number };

function InstanceLabel({ shape, scale, unit, width: imageWidth }: InstanceLabelProps) {
  const text = instanceWords(shape.instance);
  const width = (text.length * 7 + 14) * unit;
  const height = 18 * unit;
  const left = Math.max(0, Math.min(shape.left * scale.x, imageWidth - width));
  const top = Math.max(0, shape.top * scale.y - height);
  return (
    <g pointerEvents="none" data-instance-label>
      <rect x={left} y={top} width={width} height={height} fill="rgb(0 0 0 / 82%)" />
      <text x={left + 7 * unit} y={top + height - 5 * unit} fontSize={FONT * unit} fill="#fff">
        {text}
      </text>
    </g>
  );
}

const COLOURS: { value: ColourBy; label: string }[] = [
  { value: "instance", label: "Instance" },
  { value: "class", label: "Class" },
  { value: "match", label: "Match" },
];

/** Truth, prediction, confidence, how strongly pixels are covered, what colours tell apart, and which classes. */
function InstanceControl({ samples, overlay, onOverlay }: ControlProps) {
  const names = [...new Set(samples.flatMap(instanceClasses))].sort();
  const hasTruth = samples.some((sample) => sample.truth !== null);
  const hasPrediction = samples.some((sample) => sample.prediction !== null);
  const offered = COLOURS.filter(({ value }) => value !== "match" || (hasTruth && hasPrediction));
  return (
    <>
      <OverlayControls
        overlay={overlay}
        onOverlay={onOverlay}
        hasTruth={hasTruth}
        hasPrediction={hasPrediction}
        hasConfidence
        predictionLine="filled"
      />
      <div className={classes.controls}>
        <OpacitySlider overlay={overlay} onOverlay={onOverlay} />
        <div className={classes.slider}>
          <span className="small">Colour by</span>
          <SegmentedControl
            size="xs"
            aria-label="Colour by"
            data={offered}
            value={overlay.colourBy}
            onChange={(value) => onOverlay({ ...overlay, colourBy: value as ColourBy })}
          />
        </div>
        {names.length > 1 && <ClassButtons names={names} overlay={overlay} onOverlay={onOverlay} />}
      </div>
    </>
  );
}
