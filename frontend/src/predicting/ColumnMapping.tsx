import { Button } from "@mantine/core";
import { useState } from "react";
import type { ColumnOffer, ProblemType } from "../api/types";
import { MultiSelectInput, SelectInput } from "../ui/inputs";
import { Section } from "../ui/Page";
import { type ChosenColumns, hasColumns, startingColumns } from "./columns";
import classes from "../pages/predict.module.css";

const NONE = "(none)";

type ColumnMappingProps = {
  offer: ColumnOffer;
  type: ProblemType;
  isPending: boolean;
  onChoose: (columns: ChosenColumns) => void;
};

/** Which column of a table plays which role, where it has other names than in training; prefilled by likeness. */
export function ColumnMapping({ offer, type, isPending, onChoose }: ColumnMappingProps) {
  const [columns, setColumns] = useState<ChosenColumns>(() => startingColumns(offer));
  const titles = new Map(type.roles.map((role) => [role.name, role]));
  return (
    <Section title={`Columns of ${offer.table}`}>
      <form className={classes.form} onSubmit={(event) => (event.preventDefault(), onChoose(columns))}>
        <p className="small muted">
          The table has other column names than the training data. Choose the column that takes the place of each.
        </p>
        {offer.roles.map((role) => {
          const title = titles.get(role.role)?.title ?? role.role;
          const shared = {
            label: title,
            description: `In training: ${role.trained.join(", ")}.`,
            withAsterisk: role.is_required,
          };
          const value = columns[role.role] ?? [];
          const change = (next: string[]) => setColumns({ ...columns, [role.role]: next });
          return titles.get(role.role)?.is_many ? (
            <MultiSelectInput key={role.role} {...shared} data={offer.columns} value={value} onChange={change} />
          ) : (
            <SelectInput
              key={role.role}
              {...shared}
              searchable
              placeholder="Choose a column"
              data={role.is_required ? offer.columns : [{ value: NONE, label: "None" }, ...offer.columns]}
              value={value[0] ?? (role.is_required ? null : NONE)}
              onChange={(next) => change(next === null || next === NONE ? [] : [next])}
            />
          );
        })}
        <div>
          <Button type="submit" loading={isPending} disabled={!hasColumns(offer, columns)}>
            Predict with these columns
          </Button>
        </div>
      </form>
    </Section>
  );
}
