import { useState } from "react";
import type { SampleView } from "../api/types";
import { useSize } from "../ui/size";
import type { MediaSource, Overlay } from "./overlay";
import { Recording } from "./Recording";
import { rendererOf } from "./registry";
import { VolumeSlices } from "./VolumeSlices";
import classes from "./samples.module.css";

type ImageOverlayProps = {
  sample: SampleView;
  source: MediaSource;
  classNames: readonly string[];
  overlay: Overlay;
  size: 256 | "full";
  withLabels?: boolean;
  /** Where the map of what explains the answer is, if not with the sample. */
  heatUrl?: string | null;
};

/** An image with what its kind of annotation draws over it. */
export function ImageOverlay({
  sample,
  source,
  classNames,
  overlay,
  size,
  withLabels = false,
  heatUrl = null,
}: ImageOverlayProps) {
  const [frame, { width: shown }] = useSize<HTMLDivElement>();
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const [isMissing, setIsMissing] = useState(false);
  const { media } = sample;
  const heat = heatUrl ?? (sample.heatmap ? source(sample.heatmap, "full") : null);
  if (media?.kind === "volume") return <VolumeSlices {...{ sample, source, size, classNames, overlay, heat }} />;
  if (media?.kind === "audio") {
    return <Recording sample={sample} source={source} size={size} heat={heat} strength={overlay.heat} />;
  }
  if (media === null || media.kind !== "image") return null;
  const width = media.width ?? natural?.width ?? 0;
  const height = media.height ?? natural?.height ?? 0;
  const { Shapes, Layers } = rendererOf(sample);
  const thickness = size === 256 ? 1.5 : 2;
  const unit = shown > 0 && width > 0 ? width / shown : 1;
  const drawing = { sample, classNames, overlay, unit, width, height, thickness, withLabels };
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
      {width > 0 && Layers && <Layers {...drawing} />}
      {width > 0 && Shapes && (
        <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true" preserveAspectRatio="none">
          <Shapes {...drawing} />
        </svg>
      )}
    </div>
  );
}
