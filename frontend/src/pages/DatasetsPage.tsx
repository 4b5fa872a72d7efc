import { ActionIcon, Button, Menu, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { useProblemTypes } from "../api/catalogue";
import { useDatasets } from "../api/datasets";
import type { Dataset } from "../api/types";
import { DatasetDialogs, type DatasetDialog } from "../datasets/DatasetDialogs";
import { DataTable, type TableColumn } from "../ui/DataTable";
import { countFindings } from "../ui/FindingList";
import { formatAge, formatBytes, formatCount, formatTime, plural } from "../ui/format";
import { DatasetIcon, MoreIcon, SearchIcon, UploadIcon } from "../ui/icons";
import { SelectInput } from "../ui/inputs";
import { useShortcuts } from "../ui/keys";
import { Page } from "../ui/Page";
import { useSearchState } from "../ui/search-state";
import { Answer, EmptyState, LoadingRows } from "../ui/states";
import { StateWithProgress } from "../ui/Status";
import classes from "./lists.module.css";

const ANY = "any";

export function DatasetsPage() {
  const navigate = useNavigate();
  const datasets = useDatasets();
  const search = useRef<HTMLInputElement>(null);
  useShortcuts({ "/": () => search.current?.focus(), n: () => void navigate("/datasets/import") });
  return (
    <Page
      title="Datasets"
      actions={
        <Button component={Link} to="/datasets/import" leftSection={<UploadIcon size={16} />}>
          Import dataset
        </Button>
      }
    >
      <Answer query={datasets} what="The datasets" loading={<LoadingRows rows={8} height={52} />}>
        {(all) => (all.length === 0 ? <NoDatasets /> : <DatasetList all={all} searchRef={search} />)}
      </Answer>
    </Page>
  );
}

function DatasetList({ all, searchRef }: { all: Dataset[]; searchRef: React.RefObject<HTMLInputElement | null> }) {
  const [q, setQ] = useSearchState("q");
  const [problem, setProblem] = useSearchState("problem");
  const types = useProblemTypes().data ?? [];
  const shown = all.filter(
    (dataset) =>
      dataset.name.toLowerCase().includes(q.toLowerCase()) && (problem === "" || dataset.problem_type === problem),
  );
  const used = types.filter((type) => all.some((dataset) => dataset.problem_type === type.id));
  return (
    <div className="column" style={{ gap: 12 }}>
      <div className={classes.toolbar}>
        <TextInput
          ref={searchRef}
          className={classes.search}
          aria-label="Search datasets"
          placeholder="Search name"
          leftSection={<SearchIcon size={16} />}
          value={q}
          onChange={(event) => setQ(event.currentTarget.value)}
        />
        <SelectInput
          aria-label="Problem type"
          w={220}
          value={problem || ANY}
          onChange={(value) => setProblem(value === ANY ? "" : (value ?? ""))}
          data={[
            { value: ANY, label: "Any problem type" },
            ...used.map((type) => ({ value: type.id, label: type.title })),
          ]}
        />
        <span className={`${classes.count} small muted number`} role="status">
          {plural(shown.length, "dataset")}
        </span>
      </div>
      {shown.length > 0 ? (
        <DatasetTable rows={shown} titles={Object.fromEntries(types.map((type) => [type.id, type.title]))} />
      ) : (
        <EmptyState
          title="No dataset matches"
          action={<Button onClick={() => (setQ(""), setProblem(""))}>Clear filters</Button>}
        />
      )}
    </div>
  );
}

function DatasetTable({ rows, titles }: { rows: Dataset[]; titles: Record<string, string> }) {
  const [sort, setSort] = useSearchState("sort", "-created");
  const [dialog, setDialog] = useState<DatasetDialog | null>(null);
  const columns: TableColumn<Dataset>[] = [
    {
      id: "name",
      title: "Name",
      sortValue: (row) => row.name,
      cell: (row) => (
        <>
          <Link to={`/datasets/${row.id}/overview`} className={classes.name} title={row.name} data-row-link>
            {row.name}
          </Link>
          {row.example_of && <div className={classes.below}>example</div>}
        </>
      ),
    },
    {
      id: "problem",
      title: "Problem type",
      hideBelow: 900,
      sortValue: (row) => row.problem_type,
      cell: (row) => <span className="small">{titles[row.problem_type] ?? row.problem_type}</span>,
    },
    {
      id: "rows",
      title: "Rows",
      isNumber: true,
      sortValue: rowsOf,
      cell: (row) => (row.state === "ready" ? formatCount(rowsOf(row)) : "–"),
    },
    {
      id: "size",
      title: "Size",
      isNumber: true,
      hideBelow: 1200,
      sortValue: (row) => row.size_bytes,
      cell: (row) => formatBytes(row.size_bytes),
    },
    {
      id: "problems",
      title: "Problems found",
      hideBelow: 600,
      width: "150px",
      sortValue: (row) => row.findings_count.error + row.findings_count.warning,
      cell: (row) => <ProblemsCell row={row} />,
    },
    {
      id: "used",
      title: "Used by",
      isNumber: true,
      hideBelow: 1200,
      sortValue: (row) => row.used_by,
      cell: (row) => (row.used_by > 0 ? <Link to={`/datasets/${row.id}/used-by`}>{row.used_by}</Link> : "0"),
    },
    {
      id: "created",
      title: "Imported",
      isNumber: true,
      hideBelow: 600,
      sortValue: (row) => row.created,
      cell: (row) => <span title={formatTime(row.created)}>{formatAge(row.created)}</span>,
    },
    { id: "menu", title: "", width: "56px", cell: (row) => <RowMenu row={row} onDialog={setDialog} /> },
  ];
  return (
    <>
      <DataTable label="Datasets" rows={rows} columns={columns} rowKey={(row) => row.id} sort={sort} onSort={setSort} />
      <DatasetDialogs dialog={dialog} onClose={() => setDialog(null)} />
    </>
  );
}

function ProblemsCell({ row }: { row: Dataset }) {
  if (row.state !== "ready")
    return (
      <StateWithProgress state={row.state} progress={row.progress} secondsLeft={null} label={`Reading ${row.name}`} />
    );
  const text = countFindings({ error: row.findings_count.error, warning: row.findings_count.warning });
  return text === "None" ? (
    <span className="small muted">None</span>
  ) : (
    <Link className="small" to={`/datasets/${row.id}/problems`}>
      {text}
    </Link>
  );
}

function RowMenu({ row, onDialog }: { row: Dataset; onDialog: (dialog: DatasetDialog) => void }) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={32} aria-label={`Actions for ${row.name}`}>
          <MoreIcon size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to={`/experiments/new?dataset=${row.id}`} disabled={row.state !== "ready"}>
          New experiment
        </Menu.Item>
        <Menu.Item onClick={() => onDialog({ kind: "rename", dataset: row })}>Rename</Menu.Item>
        <Menu.Divider />
        <Menu.Item color="red" onClick={() => onDialog({ kind: "delete", dataset: row })}>
          Delete
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function rowsOf(dataset: Dataset): number {
  return dataset.tables.reduce((sum, table) => sum + table.rows, 0);
}

function NoDatasets() {
  return (
    <EmptyState
      icon={<DatasetIcon />}
      title="No datasets yet"
      action={
        <>
          <Button component={Link} to="/datasets/import">
            Import dataset
          </Button>
          <Button component={Link} to="/welcome" variant="default">
            Use an example
          </Button>
        </>
      }
    >
      A zip with a table (csv, parquet, jsonl) and a folder of images, or a table alone. The studio checks every file
      and tells what it found.
    </EmptyState>
  );
}
