import { Link } from "react-router";
import { datasetMedia, useDatasetProfile, useDatasetSamples } from "../api/datasets";
import { useProblemType } from "../api/catalogue";
import type { Dataset, DatasetTable, MediaRef, MediaSize } from "../api/types";
import { AnswerLines } from "../samples/AnswerLines";
import { ImageOverlay } from "../samples/ImageOverlay";
import { FULL_OVERLAY } from "../samples/overlay";
import { ReadingCard } from "../samples/ReadingCard";
import { isRead } from "../samples/texts";
import { formatBytes, formatCount, formatMetric, formatPercent } from "../ui/format";
import { FactList, Facts, Section } from "../ui/Page";
import { Answer, LoadingBlock } from "../ui/states";
import { ClassBalance } from "./ClassBalance";
import classes from "./datasets.module.css";

const ROLE_TITLES: Record<string, string> = {
  train: "Training",
  validation: "Validation",
  test: "Test",
  unlabeled: "Unlabeled",
};

/** What the dataset is at a glance: facts, splits, class balance, a strip of samples. */
export function Overview({ dataset }: { dataset: Dataset }) {
  const profile = useDatasetProfile(dataset.id, true);
  return (
    <Answer query={profile} what="The profile" loading={<LoadingBlock height={420} />}>
      {(data) => (
        <div className="column" style={{ gap: 28 }}>
          <Facts
            facts={[
              { label: "Task", value: data.task || "–" },
              {
                label: "Classes",
                value: data.parts.labels?.names.length ? formatCount(data.parts.labels.names.length) : "–",
              },
              ...(dataset.media_files > 0
                ? [{ label: "Media files", value: formatCount(dataset.media_files) }]
                : [{ label: "Rows", value: formatCount(dataset.tables.reduce((sum, one) => sum + one.rows, 0)) }]),
              { label: "Size", value: formatBytes(dataset.size_bytes) },
              ...Object.entries(data.facts)
                .slice(0, 4)
                .map(([name, value]) => ({ label: spelt(name), value: formatFact(value) })),
            ]}
          />
          <SampleStrip dataset={dataset} classNames={data.parts.labels?.names ?? []} />
          <div className={classes.twoColumns}>
            <Section title="Tables">
              <SplitBars tables={dataset.tables} />
            </Section>
            <Section title="Columns and their roles">
              <Roles dataset={dataset} />
            </Section>
          </div>
          {data.parts.labels && data.parts.labels.names.length > 0 && (
            <Section title="Class balance" hint="rows by class and table">
              <ClassBalance labels={data.parts.labels} tables={dataset.tables} />
            </Section>
          )}
        </div>
      )}
    </Answer>
  );
}

function SampleStrip({ dataset, classNames }: { dataset: Dataset; classNames: readonly string[] }) {
  const samples = useDatasetSamples(dataset.id, { table: null, label: null, q: null }, true);
  const rows = samples.data?.pages[0]?.rows ?? [];
  const isText = rows.some(isRead);
  const shown = rows.filter((sample) => sample.media !== null || isRead(sample)).slice(0, isText ? 6 : 8);
  if (shown.length === 0) return null;
  const source = (media: MediaRef, size: MediaSize) => datasetMedia(dataset.id, media.path, size);
  return (
    <Section title="Samples" actions={<Link to={`/datasets/${dataset.id}/samples`}>All samples</Link>}>
      <ul className={isText ? classes.readStrip : classes.strip}>
        {shown.map((sample) => {
          const part = { sample, source, classNames, overlay: FULL_OVERLAY };
          return (
            <li key={sample.row}>
              <Link
                to={`/datasets/${dataset.id}/samples?sample=${sample.row}`}
                aria-label={isRead(sample) ? undefined : sample.title || `Row ${sample.row}`}
              >
                {isRead(sample) ? (
                  <>
                    <ReadingCard {...part} />
                    <div className={classes.readAnswer}>
                      <AnswerLines {...part} />
                    </div>
                  </>
                ) : (
                  <ImageOverlay {...part} size={256} />
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

function SplitBars({ tables }: { tables: DatasetTable[] }) {
  const total = Math.max(
    1,
    tables.reduce((sum, table) => sum + table.rows, 0),
  );
  return (
    <ul className={classes.splits}>
      {tables.map((table) => (
        <li key={table.name}>
          <div className="spread">
            <span>
              <strong>{table.role ? ROLE_TITLES[table.role] : "Not used"}</strong>{" "}
              <span className="muted">{table.name}</span>
            </span>
            <span className="number">
              {formatCount(table.rows)} <span className="muted">{formatPercent(table.rows / total)}</span>
            </span>
          </div>
          <div className={classes.splitTrack}>
            <div data-role={table.role ?? "none"} style={{ width: `${(table.rows / total) * 100}%` }} />
          </div>
          {table.rows_imported !== table.rows && (
            <p className="tiny muted number">
              {formatCount(table.rows_imported - table.rows)} of {formatCount(table.rows_imported)} rows dropped
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function Roles({ dataset }: { dataset: Dataset }) {
  const type = useProblemType(dataset.problem_type);
  const facts = Object.entries(dataset.roles).map(([role, columns]) => ({
    label: type?.roles.find((one) => one.name === role)?.title ?? role,
    value: <span className="mono">{typeof columns === "string" ? columns : columns.join(", ")}</span>,
  }));
  return (
    <FactList
      facts={[
        ...facts,
        ...(dataset.media_files > 0
          ? [{ label: "Media folder", value: <span className="mono">{dataset.media_folder}</span> }]
          : []),
        { label: "Imported from", value: dataset.source || "–" },
      ]}
    />
  );
}

function spelt(name: string): string {
  const words = name
    .replaceAll("_", " ")
    .replaceAll(".", ", ")
    .replace(/ p50$/, ", median")
    .replace(/ p(\d\d)$/, ", $1th percentile");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function formatFact(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : formatMetric(value);
}
