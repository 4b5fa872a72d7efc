import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { ApiError } from "../api/client";
import { useProblemType } from "../api/catalogue";
import { useFinishImport } from "../api/imports";
import type { ColumnRole, Import, ImportTable } from "../api/types";
import { FindingList } from "../ui/FindingList";
import { MultiSelectInput, SelectInput } from "../ui/inputs";
import { Section } from "../ui/Page";
import { ErrorPanel } from "../ui/states";
import { baseTable, type Editing } from "./choices";
import classes from "./importing.module.css";
import { SamplePreview } from "./SamplePreview";
import { WholeCheck } from "./WholeCheck";

const NONE = "(none)";
const ONLY_PREDICTED = "Without a training table, the dataset can only be used for predictions.";
const TABLE_ROLES = [
  { name: "train", title: "Training table" },
  { name: "validation", title: "Validation table" },
  { name: "test", title: "Test table" },
  { name: "unlabeled", title: "Unlabeled table" },
] as const;

/** Which table and which column is what, a name, and three samples as the model will see them. */
export function ColumnsStep({ scan, editing, onBack }: { scan: Import; editing: Editing; onBack: () => void }) {
  const { choices } = editing;
  const type = useProblemType(choices.problem_type);
  const navigate = useNavigate();
  const finish = useFinishImport(scan.id);
  const [name, setName] = useState(
    scan.source
      .replace(/\.(zip|csv|parquet|pq|jsonl|json|tsv)$/i, "")
      .replace(/[^\w .-]+/g, " ")
      .trim(),
  );
  const refused = finish.error instanceof ApiError ? finish.error.findings : [];
  const table = scan.tables.find((one) => one.name === baseTable(choices));
  const isTrained = choices.train !== null;
  const isNeeded = (role: ColumnRole) => role.is_required && (isTrained || role.in_test);
  const missing = (type?.roles ?? []).filter((role) => isNeeded(role) && isEmpty(choices.roles[role.name]));
  const toChoose = [
    ...(name.trim() === "" ? ["Name"] : []),
    ...(choices.problem_type ? [] : ["Problem type"]),
    ...(table === undefined ? ["Table"] : []),
    ...missing.map((role) => role.title),
  ];
  const start = () =>
    finish.mutate({ name, choices }, { onSuccess: (dataset) => void navigate(`/datasets/${dataset.id}/overview`) });
  return (
    <form className="column" style={{ gap: 28 }} onSubmit={(event) => (event.preventDefault(), start())}>
      <Section title="Name">
        <TextInput
          aria-label="Name of the dataset"
          className={classes.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          description="Letters, digits, space, dot, hyphen and underscore."
        />
      </Section>
      <div className={classes.twoColumns}>
        <Section title="Columns">
          <div className={classes.roles}>
            {table ? (
              type?.roles.map((role) => (
                <RoleSelect
                  key={role.name}
                  role={role}
                  isNeeded={isNeeded(role)}
                  table={table}
                  scan={scan}
                  editing={editing}
                />
              ))
            ) : (
              <p className="muted">Choose a table first.</p>
            )}
          </div>
        </Section>
        <Section title="Tables">
          <TableChoices scan={scan} editing={editing} />
        </Section>
      </div>
      <Section title="As the model will see it" hint={editing.isChecking ? "checking again" : undefined}>
        <SamplePreview scan={scan} />
      </Section>
      {editing.error !== null && <ErrorPanel title="The choices were not checked." error={editing.error} />}
      {refused.length > 0 ? (
        <Section title="This stops the import">
          <FindingList findings={refused} />
        </Section>
      ) : (
        <WholeCheck scan={scan} />
      )}
      {finish.error && refused.length === 0 && (
        <ErrorPanel title="The dataset was not imported." error={finish.error} />
      )}
      <footer className={classes.footer}>
        <Button variant="default" onClick={onBack}>
          Back
        </Button>
        <Button type="submit" loading={finish.isPending} disabled={editing.isChecking || toChoose.length > 0}>
          Import dataset
        </Button>
        {toChoose.length > 0 && <span className="small muted">Still to choose: {toChoose.join(", ")}</span>}
        {toChoose.length === 0 && editing.isChecking && <span className="small muted">The choices are checked.</span>}
      </footer>
    </form>
  );
}

function isEmpty(value: string | readonly string[] | null | undefined): boolean {
  return value === null || value === undefined || value.length === 0;
}

function RoleSelect({
  role,
  isNeeded,
  table,
  scan,
  editing,
}: {
  role: ColumnRole;
  isNeeded: boolean;
  table: ImportTable;
  scan: Import;
  editing: Editing;
}) {
  const fits = (kind: string) => (role.kinds as string[]).includes(kind);
  const sorted = [...table.columns].sort((a, b) => Number(fits(b.kind)) - Number(fits(a.kind)));
  const data = sorted.map((column) => ({
    value: column.name,
    label: fits(column.kind) ? column.name : `${column.name} (${column.kind})`,
  }));
  const value = editing.choices.roles[role.name];
  const set = (next: string | string[] | null) =>
    editing.change({ roles: { ...editing.choices.roles, [role.name]: next } });
  const why = scan.role_reasons[role.name];
  const description = [role.hint, why ? `chosen because: ${why}` : ""].filter(Boolean).map(sentence).join(" ");
  return role.is_many ? (
    <MultiSelectInput
      label={role.title}
      description={description}
      withAsterisk={isNeeded}
      data={data}
      value={Array.isArray(value) ? value : value ? [value] : []}
      onChange={set}
    />
  ) : (
    <SelectInput
      label={role.title}
      description={description}
      withAsterisk={isNeeded}
      searchable
      data={isNeeded ? data : [{ value: NONE, label: "None" }, ...data]}
      value={typeof value === "string" ? value : isNeeded ? null : NONE}
      placeholder="Choose a column"
      onChange={(next) => set(next === NONE ? null : next)}
    />
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

function TableChoices({ scan, editing }: { scan: Import; editing: Editing }) {
  const tables = scan.tables.map((table) => ({ value: table.name, label: table.name }));
  const folders = scan.folders.map((folder) => ({
    value: folder.name,
    label: folder.name === "." ? "(top folder)" : folder.name,
  }));
  return (
    <div className={classes.roles}>
      {TABLE_ROLES.map((role) => (
        <SelectInput
          key={role.name}
          label={role.title}
          description={role.name === "train" && editing.choices.train === null ? ONLY_PREDICTED : undefined}
          data={[{ value: NONE, label: "None" }, ...tables]}
          value={editing.choices[role.name] ?? NONE}
          onChange={(value) => editing.change({ [role.name]: value === NONE ? null : value })}
        />
      ))}
      {folders.length > 0 && (
        <SelectInput
          label="Media folder"
          data={[{ value: NONE, label: "None" }, ...folders]}
          value={editing.choices.media_folder ?? NONE}
          onChange={(value) => editing.change({ media_folder: value === NONE ? null : value })}
        />
      )}
    </div>
  );
}
