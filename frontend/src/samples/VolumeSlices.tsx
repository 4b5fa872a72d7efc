import { useState } from "react";
import type { MediaRef, SampleView } from "../api/types";
import type { MediaSource, Overlay } from "./overlay";
import { SliceMasks } from "./SliceMasks";
import type { Axis } from "./volume-masks";
import classes from "./volumes.module.css";

const AXES = [
  { name: "Depth", side: "depth" },
  { name: "Height", side: "height" },
  { name: "Width", side: "width" },
] as const;

/** At most so many slices an axis are on the sheet that the server drew. */
export const MOST_SLICES = 24;

type Drawn = { sample: SampleView; classNames: readonly string[]; overlay: Overlay };
type VolumeSlicesProps = Drawn & {
  source: MediaSource;
  size: 256 | "full";
  /** The sheet of what explains the prediction. */
  heat?: string | null;
};

/** A volume: three middle slices on a card; large, a slice along each axis with a slider through all of them. */
export function VolumeSlices({ sample, source, size, classNames, overlay, heat = null }: VolumeSlicesProps) {
  const media = sample.media as MediaRef;
  const name = sample.title || `Row ${sample.row}`;
  const [hasSheet, setHasSheet] = useState<boolean | null>(null);
  const [isMissing, setIsMissing] = useState(false);
  if (isMissing) return <div className={classes.missing}>The volume cannot be shown.</div>;
  const columns = Math.max(...AXES.map((axis) => Math.min(media[axis.side] ?? 1, MOST_SLICES)));
  // Before an import is complete, and of files to predict, there are only the middle slices.
  if (size === 256 || media.depth === null || hasSheet === false) {
    return (
      <div className={classes.middle}>
        <img
          src={source(media, size)}
          alt={`${name}, the middle slices along depth, height and width`}
          loading="lazy"
          decoding="async"
          draggable={false}
          onError={() => setIsMissing(true)}
        />
        <div className={classes.middleMasks}>
          {AXES.map((axis, row) => (
            <div key={axis.name} className={classes.cell}>
              <SliceMasks
                sample={sample}
                classNames={classNames}
                overlay={overlay}
                axis={row as Axis}
                slice={Math.floor((media[axis.side] ?? 1) / 2)}
              />
            </div>
          ))}
        </div>
      </div>
    );
  }
  const url = source(media, "slices");
  return (
    <div className={classes.axes}>
      <img
        src={url}
        alt=""
        hidden
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
          setHasSheet(Math.round((naturalWidth / naturalHeight) * AXES.length) === columns)
        }
        onError={() => setHasSheet(false)}
      />
      {hasSheet &&
        AXES.map((axis, row) => (
          <AxisSlices
            key={axis.name}
            drawn={{ sample, classNames, overlay }}
            name={name}
            axis={axis.name}
            count={media[axis.side] ?? 1}
            url={url}
            row={row as Axis}
            columns={columns}
            heat={overlay.heat > 0 ? heat : null}
          />
        ))}
    </div>
  );
}

/** Which slice of the volume a tile of the sheet shows, from 0. */
export function sliceOf(tile: number, count: number): number {
  const shown = Math.min(count, MOST_SLICES);
  return shown < 2 ? 0 : Math.round((tile * (count - 1)) / (shown - 1));
}

type AxisSlicesProps = {
  drawn: Drawn;
  name: string;
  axis: string;
  count: number;
  url: string;
  row: Axis;
  columns: number;
  heat: string | null;
};

function AxisSlices({ drawn, name, axis, count, url, row, columns, heat }: AxisSlicesProps) {
  const shown = Math.min(count, MOST_SLICES);
  const [tile, setTile] = useState(Math.floor(shown / 2));
  const words = `slice ${sliceOf(tile, count) + 1} of ${count}`;
  const place = {
    backgroundSize: `${columns * 100}% ${AXES.length * 100}%`,
    backgroundPosition: `${columns > 1 ? (tile / (columns - 1)) * 100 : 0}% ${(row / (AXES.length - 1)) * 100}%`,
  };
  return (
    <figure className={classes.axis}>
      <div
        className={classes.tile}
        role="img"
        aria-label={`${name}, ${words} along ${axis.toLowerCase()}`}
        style={{ ...place, backgroundImage: `url("${url}")` }}
      >
        {heat && (
          <div
            className={classes.heat}
            style={{ ...place, backgroundImage: `url("${heat}")`, opacity: drawn.overlay.heat }}
          />
        )}
        <SliceMasks {...drawn} axis={row} slice={sliceOf(tile, count)} />
      </div>
      <figcaption>
        <span>{axis}</span>
        <span className="number muted">{words}</span>
      </figcaption>
      <input
        type="range"
        min={0}
        max={shown - 1}
        value={tile}
        aria-label={`Slice along ${axis.toLowerCase()}`}
        aria-valuetext={words}
        onChange={(event) => setTile(Number(event.currentTarget.value))}
        onKeyDown={(event) => event.key.startsWith("Arrow") && event.stopPropagation()}
      />
    </figure>
  );
}
