import { useState } from "react";
import { useDatasetProfile } from "../api/datasets";
import type { ColumnProfile, Dataset, DatasetProfile, ImagePart, VolumePart } from "../api/types";
import { formatCount, formatMetric, formatPercent, plural } from "../ui/format";
import { SelectInput } from "../ui/inputs";
import { Section } from "../ui/Page";
import { Answer, LoadingBlock } from "../ui/states";
import { Histogram } from "./Histogram";
import { RecordingFacts } from "./RecordingFacts";
import classes from "./datasets.module.css";

/** Distributions of the files, and every column of a table. */
export function Statistics({ dataset }: { dataset: Dataset }) {
  const profile = useDatasetProfile(dataset.id, true);
  const [name, setName] = useState(dataset.tables[0]?.name ?? "");
  const table = dataset.tables.find((one) => one.name === name);
  return (
    <div className="column" style={{ gap: 28 }}>
      <Answer query={profile} what="The profile" loading={<LoadingBlock height={240} />}>
        {(data) => <Distributions profile={data} />}
      </Answer>
      <Section
        title="Columns"
        actions={
          dataset.tables.length > 1 && (
            <SelectInput
              aria-label="Table"
              w={220}
              data={dataset.tables.map((one) => ({ value: one.name, label: one.name }))}
              value={name}
              onChange={(value) => setName(value ?? "")}
            />
          )
        }
      >
        {table && (
          <ul className={classes.columns}>
            {table.columns.map((column) => (
              <ColumnCard key={column.name} column={column} rows={table.rows} />
            ))}
          </ul>
        )}
      </Section>
    </div>
  );
}

function Distributions({ profile }: { profile: DatasetProfile }) {
  const { images, volumes, audio } = profile.parts;
  if (profile.histograms.length === 0 && Object.keys(profile.parts).length === 0) return null;
  return (
    <Section title="Distributions">
      <div className={classes.histograms}>
        {profile.histograms.map((one) => (
          <Histogram key={one.title} histogram={one} />
        ))}
        {images && <ImageSizes images={images} />}
        {volumes && <VolumeShapes volumes={volumes} />}
        {audio && audio.seconds > 0 && <RecordingFacts audio={audio} />}
      </div>
    </Section>
  );
}

function ImageSizes({ images }: { images: ImagePart }) {
  return (
    <figure className={classes.figure}>
      <figcaption>Most frequent image sizes</figcaption>
      <ul className={classes.sizes}>
        {images.sizes.slice(0, 8).map(([width, height, count]) => (
          <li key={`${width}x${height}`}>
            <span className="number">
              {width} × {height}
            </span>
            <span className="number muted">{formatCount(count)}</span>
          </li>
        ))}
      </ul>
      <p className="tiny muted">{channelWords(images.channels)}</p>
    </figure>
  );
}

function shortNumber(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : formatMetric(value);
}

function VolumeShapes({ volumes }: { volumes: VolumePart }) {
  return (
    <figure className={classes.figure}>
      <figcaption>Most frequent volume sizes, depth first</figcaption>
      <ul className={classes.sizes}>
        {volumes.shapes.slice(0, 8).map(([depth, height, width, count]) => (
          <li key={`${depth}x${height}x${width}`}>
            <span className="number">
              {depth} × {height} × {width}
            </span>
            <span className="number muted">{formatCount(count)}</span>
          </li>
        ))}
      </ul>
      <p className="tiny muted">
        {channelWords(volumes.channels, "volume")}; values from {shortNumber(volumes.lowest)} to{" "}
        {shortNumber(volumes.highest)}
        {intensityWords(volumes)}
      </p>
      <p className="tiny muted">{placeWords(volumes)}</p>
    </figure>
  );
}

/** Where most values lie: ", 99% of them from -1,000 to 1,250". */
export function intensityWords({ percentiles }: Pick<VolumePart, "percentiles">): string {
  const [low, high] = [percentiles["0.5"], percentiles["99.5"]];
  return low === undefined || high === undefined
    ? ""
    : `, 99% of them from ${shortNumber(low)} to ${shortNumber(high)}`;
}

/** How voxels lie in the body: "Median spacing 2.5 × 0.8 × 0.8 mm; orientation LPS: 20 volumes". */
export function placeWords({
  median_spacing,
  orientations,
}: Pick<VolumePart, "median_spacing" | "orientations">): string {
  if (median_spacing.length === 0) return "The files do not say how far voxels lie apart.";
  const spacing = `Median spacing ${median_spacing.map((step) => Number(step.toPrecision(3))).join(" × ")} mm, depth first`;
  const known = Object.entries(orientations).filter(([name]) => name !== "");
  const words = known.map(([name, count]) => `${name}: ${plural(count, "volume")}`).join(", ");
  return words ? `${spacing}; orientation ${words}` : spacing;
}

/** How many images have how many channels: "1 channel: 3 images, 3 channels: 200 images". */
export function channelWords(channels: ImagePart["channels"], noun: "image" | "volume" = "image"): string {
  return Object.entries(channels)
    .map(([number, count]) => `${plural(Number(number), "channel")}: ${plural(count, noun)}`)
    .join(", ");
}

/** At most so many different whole numbers are codes of classes, of which a mean says nothing. */
const MOST_CODES = 20;

/** What the values of a column are: "3 distinct, none empty", with range and mean where they say something. */
export function columnWords(column: ColumnProfile, rows: number): string {
  const { kind, missing, distinct, lowest, highest, mean } = column;
  const empty =
    missing > 0 ? `${formatCount(missing)} empty (${formatPercent(missing / Math.max(1, rows), 1)})` : "none empty";
  if (kind === "list") {
    if (lowest === null || highest === null) return empty;
    if (lowest === highest) return `${plural(lowest, "element")} in every list, ${empty}`;
    return `${formatCount(lowest)} to ${plural(highest, "element")} in a list, mean ${formatMetric(mean)}, ${empty}`;
  }
  if (distinct === 1) return `The same value in every row${missing > 0 ? ` that has one, ${empty}` : ""}`;
  const counts = `${formatCount(distinct)} distinct, ${empty}`;
  if (lowest === null || isCodes(column, rows)) return counts;
  return `${counts} · ${formatMetric(lowest)} to ${formatMetric(highest)}, mean ${formatMetric(mean)}`;
}

function isCodes({ kind, distinct, missing }: ColumnProfile, rows: number): boolean {
  return kind === "integer" && distinct <= MOST_CODES && distinct * 2 <= rows - missing;
}

/** Whether the most frequent values say something: names of files, each once, do not. */
export function showsValues({ kind, top }: ColumnProfile): boolean {
  return top.length > 0 && !(kind === "file" && (top[0]?.[1] ?? 0) <= 1);
}

function ColumnCard({ column, rows }: { column: ColumnProfile; rows: number }) {
  const most = Math.max(1, ...column.top.map(([, count]) => count));
  return (
    <li className={classes.columnCard}>
      <div className="spread">
        <strong className="clip" title={column.name}>
          {column.name}
        </strong>
        <span className={classes.kind}>{column.kind}</span>
      </div>
      <p className="tiny muted number">{columnWords(column, rows)}</p>
      {showsValues(column) && (
        <ul className={classes.top}>
          {column.top.slice(0, 6).map(([value, count]) => (
            <li key={value}>
              <span className="clip" title={value}>
                {value === "" ? "(empty)" : value}
              </span>
              <span className={classes.topTrack} aria-hidden="true">
                <i style={{ width: `${(count / most) * 100}%` }} />
              </span>
              <span className="number muted">{formatCount(count)}</span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
