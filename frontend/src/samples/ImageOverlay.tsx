import { useState } from "react";
import type { Box, SampleView } from "../api/types";
import { formatPercent } from "../ui/format";
import { useSize } from "../ui/size";
import { classColour, type MediaSource, type Overlay, predictedBoxes } from "./overlay";
import classes from "./samples.module.css";

type ImageOverlayProps = {
  sample: SampleView;
  source: MediaSource;
  classNames: readonly string[];
  overlay: Overlay;
  size: 256 | "full";
  withBoxLabels?: boolean;
  /** Where the map of what speaks for the answer is, if not with the sample. */
  heatUrl?: string | null;
};

/** An image with its boxes as SVG: truth solid, prediction dashed, a dark edge so that both stand out on any picture. */
export function ImageOverlay({
  sample,
  source,
  classNames,
  overlay,
  size,
  withBoxLabels = false,
  heatUrl = null,
}: ImageOverlayProps) {
  const [frame, { width: shown }] = useSize<HTMLDivElement>();
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const [isMissing, setIsMissing] = useState(false);
  const { media } = sample;
  if (media === null || media.kind !== "image") return null;
  const width = media.width ?? natural?.width ?? 0;
  const height = media.height ?? natural?.height ?? 0;
  const truth = overlay.showsTruth ? (sample.truth?.boxes ?? []) : [];
  const predicted = overlay.showsPrediction ? predictedBoxes(sample, overlay.confidence) : [];
  const heat = heatUrl ?? (sample.heatmap ? source(sample.heatmap, "full") : null);
  const thickness = size === 256 ? 1.5 : 2;
  const unit = shown > 0 && width > 0 ? width / shown : 1;
  if (isMissing) return <div className={classes.missing}>The image cannot be shown.</div>;
  return (
    <div
      ref={frame}
      className={classes.image}
      style={
        width > 0
          ? ({ aspectRatio: `${width} / ${height}`, "--ratio": width / height } as React.CSSProperties)
          : undefined
      }
    >
      <img
        src={source(media, size)}
        alt={sample.title || `Row ${sample.row}`}
        loading={size === 256 ? "lazy" : undefined}
        decoding="async"
        draggable={false}
        onLoad={(event) =>
          media.width === null &&
          setNatural({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })
        }
        onError={() => setIsMissing(true)}
      />
      {heat && overlay.heat > 0 && (
        <img
          src={heat}
          alt=""
          aria-hidden="true"
          className={classes.heat}
          style={{ opacity: overlay.heat }}
          draggable={false}
        />
      )}
      {width > 0 && truth.length + predicted.length > 0 && (
        <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true" preserveAspectRatio="none">
          {truth.map((box, i) => (
            <BoxShape
              key={`t${i}`}
              box={box}
              colour={classColour(box.label, classNames)}
              unit={unit}
              thickness={thickness}
              withLabel={withBoxLabels && overlay.showsLabels && (predicted.length === 0 || !overlay.showsPrediction)}
            />
          ))}
          {predicted.map((box, i) => (
            <BoxShape
              key={`p${i}`}
              box={box}
              colour={classColour(box.label, classNames)}
              unit={unit}
              thickness={thickness}
              isDashed
              withLabel={withBoxLabels && overlay.showsLabels}
            />
          ))}
        </svg>
      )}
    </div>
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

function BoxShape({ box, colour, unit, thickness, isDashed, withLabel }: BoxShapeProps) {
  const shape = {
    x: box.x_min,
    y: box.y_min,
    width: Math.max(0, box.x_max - box.x_min),
    height: Math.max(0, box.y_max - box.y_min),
    fill: "none",
    vectorEffect: "non-scaling-stroke" as const,
  };
  const text = box.score === null ? box.label : `${box.label} ${formatPercent(box.score)}`;
  const labelWidth = (text.length * 7.4 + 12) * unit;
  const labelHeight = 17 * unit;
  const top = box.y_min >= labelHeight ? box.y_min - labelHeight : box.y_min;
  return (
    <g>
      <rect {...shape} stroke="rgb(0 0 0 / 60%)" strokeWidth={thickness * 2} />
      <rect
        {...shape}
        style={{ stroke: colour }}
        strokeWidth={thickness}
        strokeDasharray={isDashed ? "6 4" : undefined}
      />
      {withLabel && (
        <g>
          <rect x={box.x_min} y={top} width={labelWidth} height={labelHeight} fill="rgb(0 0 0 / 78%)" />
          <rect x={box.x_min} y={top} width={3 * unit} height={labelHeight} style={{ fill: colour }} />
          <text x={box.x_min + 6 * unit} y={top + labelHeight - 4.5 * unit} fontSize={FONT * unit} fill="#fff">
            {text}
          </text>
        </g>
      )}
    </g>
  );
}
