import { Button } from "@mantine/core";
import { useState } from "react";
import { Link, Navigate, useParams } from "react-router";
import { useProblemType } from "../api/catalogue";
import { useDataset, useDatasetFindings, useDatasetUse } from "../api/datasets";
import type { Dataset } from "../api/types";
import { DatasetDialogs, type DatasetDialog } from "../datasets/DatasetDialogs";
import { Overview } from "../datasets/Overview";
import { Samples } from "../datasets/Samples";
import { Statistics } from "../datasets/Statistics";
import { FindingList } from "../ui/FindingList";
import { RefusalPanel } from "../ui/RefusalPanel";
import { formatAge, formatBytes, formatCount } from "../ui/format";
import { CheckIcon, PlusIcon } from "../ui/icons";
import { Page } from "../ui/Page";
import { Answer, EmptyState, LoadingRows, PartBoundary } from "../ui/states";
import { ProgressBar, StateLabel } from "../ui/Status";
import { TabBar } from "../ui/TabBar";

const TITLES: Record<string, string> = {
  overview: "Overview",
  samples: "Samples",
  statistics: "Statistics",
  problems: "Problems",
  "used-by": "Used by",
};

export function DatasetPage() {
  const { id = "", tab } = useParams();
  const dataset = useDataset(id);
  if (tab === undefined) return <Navigate to={`/datasets/${id}/overview`} replace />;
  if (!dataset.data)
    return (
      <Page title="Dataset">
        <Answer query={dataset} what="The dataset" loading={<LoadingRows rows={6} height={56} />}>
          {() => null}
        </Answer>
      </Page>
    );
  return <Loaded dataset={dataset.data} tab={tab} />;
}

function Loaded({ dataset, tab }: { dataset: Dataset; tab: string }) {
  const [dialog, setDialog] = useState<DatasetDialog | null>(null);
  const type = useProblemType(dataset.problem_type);
  const rows = dataset.tables.reduce((sum, table) => sum + table.rows, 0);
  const { error, warning } = dataset.findings_count;
  const tabs = Object.entries(TITLES).map(([id, title]) => ({
    id,
    title,
    count: id === "problems" ? error + warning : id === "used-by" ? dataset.used_by : undefined,
  }));
  return (
    <Page
      title={dataset.name}
      documentTitle={`${dataset.name}, ${(TITLES[tab] ?? "").toLowerCase()}`}
      lead={
        <span className="row-wrap number" style={{ gap: "4px 16px" }}>
          <span>{type?.title ?? dataset.problem_type}</span>
          {dataset.state === "ready" && <span>{formatCount(rows)} rows</span>}
          <span>{formatBytes(dataset.size_bytes)}</span>
          <span>imported {formatAge(dataset.created)}</span>
        </span>
      }
      actions={
        <>
          <Button variant="default" onClick={() => setDialog({ kind: "rename", dataset })}>
            Rename
          </Button>
          <Button variant="default" onClick={() => setDialog({ kind: "delete", dataset })}>
            Delete
          </Button>
          {dataset.state === "ready" && (
            <Button component={Link} to={`/experiments/new?dataset=${dataset.id}`} leftSection={<PlusIcon size={16} />}>
              New experiment
            </Button>
          )}
        </>
      }
    >
      {dataset.state === "inspecting" && <Inspecting dataset={dataset} />}
      {dataset.state === "failed" && (
        <RefusalPanel
          title="This dataset could not be imported."
          error={dataset.error ?? new Error("Its inspection failed.")}
        />
      )}
      {dataset.state === "ready" && (
        <>
          <TabBar tabs={tabs} base={`/datasets/${dataset.id}`} label="Parts of the dataset" />
          <PartBoundary key={tab} name="This tab">
            {tab === "overview" && <Overview dataset={dataset} />}
            {tab === "samples" && <Samples dataset={dataset} />}
            {tab === "statistics" && <Statistics dataset={dataset} />}
            {tab === "problems" && <Problems dataset={dataset} />}
            {tab === "used-by" && <UsedBy dataset={dataset} />}
            {!(tab in TITLES) && <EmptyState title="Tab not found">Choose one above.</EmptyState>}
          </PartBoundary>
        </>
      )}
      <DatasetDialogs dialog={dialog} onClose={() => setDialog(null)} />
    </Page>
  );
}

function Inspecting({ dataset }: { dataset: Dataset }) {
  return (
    <section className="card" style={{ padding: 20 }} aria-label="Inspection">
      <div className="column" style={{ maxWidth: 560 }}>
        <div className="spread">
          <strong>Reading every file once</strong>
          <span className="small muted number">{Math.round(dataset.progress * 100)} %</span>
        </div>
        <ProgressBar value={dataset.progress} label="Reading the dataset" />
        <p className="small muted">
          {dataset.detail ||
            "The studio decodes each file, checks rows against files, and makes previews. You can leave this page."}
        </p>
      </div>
    </section>
  );
}

function Problems({ dataset }: { dataset: Dataset }) {
  const findings = useDatasetFindings(dataset.id, true);
  return (
    <Answer query={findings} what="The findings">
      {(all) =>
        all.length > 0 ? (
          <FindingList findings={all} />
        ) : (
          <EmptyState icon={<CheckIcon />} title="No problems found">
            Every file could be read and every row has what it needs.
          </EmptyState>
        )
      }
    </Answer>
  );
}

function UsedBy({ dataset }: { dataset: Dataset }) {
  const use = useDatasetUse(dataset.id);
  return (
    <Answer query={use} what="The list">
      {(all) =>
        all.length === 0 ? (
          <EmptyState
            title="No experiment uses this dataset"
            action={
              <Button component={Link} to={`/experiments/new?dataset=${dataset.id}`}>
                New experiment
              </Button>
            }
          />
        ) : (
          <ul className="card">
            {all.map((one) => (
              <li key={one.id} className="spread" style={{ padding: "12px 16px" }}>
                <Link to={`/experiments/${one.id}`} className="strong">
                  {one.name}
                </Link>
                <StateLabel state={one.state as Dataset["state"]} />
              </li>
            ))}
          </ul>
        )
      }
    </Answer>
  );
}
