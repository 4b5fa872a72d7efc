import { useProblemTypes } from "../api/catalogue";
import type { Import, ProblemType } from "../api/types";
import { SelectInput } from "../ui/inputs";
import type { Editing } from "./choices";
import classes from "./importing.module.css";

const SURE = 0.8;
const TABLE = "table";

type ChoiceProps = { scan: Import; editing: Editing };

/** Problem type and data format with the reasons for the guess, and what else the data may be. */
export function ProblemChoice({ scan, editing }: ChoiceProps) {
  const types = useProblemTypes().data ?? [];
  const { problem_type: chosen } = editing.choices;
  const type = types.find((one) => one.id === chosen);
  return (
    <section className={classes.guess}>
      <div className={classes.guessChoice}>
        <SelectInput
          label="Problem type"
          size="md"
          data={types.map((one) => ({ value: one.id, label: one.title }))}
          value={chosen || null}
          placeholder="Choose"
          onChange={(value) => editing.restart({ problem_type: value })}
        />
        {type && <p className="small muted">{type.description}</p>}
        {type && <FormatSelect type={type} scan={scan} editing={editing} />}
      </div>
      {scan.state !== "failed" && <Reasons scan={scan} editing={editing} types={types} />}
    </section>
  );
}

function FormatSelect({ type, scan, editing }: ChoiceProps & { type: ProblemType }) {
  const recognised = scan.formats.filter((one) => one.problem_type === type.id).map((one) => one.id);
  const value = editing.choices.format ?? TABLE;
  const layout = type.dataset_formats.find((one) => one.id === value)?.layout;
  return (
    <SelectInput
      label="Data format"
      description={layout}
      data={type.dataset_formats.map((format) => ({
        value: format.id,
        label: recognised.includes(format.id) ? `${format.title} (recognised)` : format.title,
      }))}
      value={value}
      onChange={(format) => editing.restart({ problem_type: type.id, format })}
    />
  );
}

function Reasons({ scan, editing, types }: ChoiceProps & { types: ProblemType[] }) {
  const { problem_type: chosen, format } = editing.choices;
  const guess = scan.guesses.find((one) => one.problem_type === chosen);
  const others = scan.guesses.filter((one) => one.problem_type !== chosen);
  const formats = scan.formats.filter((one) => one.problem_type !== chosen || one.id !== (format ?? TABLE));
  const title = (id: string) => types.find((one) => one.id === id)?.title ?? id;
  const nothing = ["Choose the problem type here and the columns in the next step."];
  return (
    <div className="column" style={{ gap: 6 }}>
      <strong>{headline(guess?.confidence, scan.guesses.length)}</strong>
      <ul className={classes.reasons}>
        {(guess?.reasons ?? (scan.guesses.length === 0 ? nothing : [])).map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      {others.map((one) => (
        <Alternative
          key={one.problem_type}
          label={title(one.problem_type)}
          onTake={() => editing.restart({ problem_type: one.problem_type })}
        />
      ))}
      {formats.map((one) => (
        <Alternative
          key={`${one.problem_type} ${one.id}`}
          label={`${title(one.problem_type)} from ${one.title}`}
          reason={one.reasons.join("; ")}
          onTake={() => editing.restart({ problem_type: one.problem_type, format: one.id })}
        />
      ))}
    </div>
  );
}

function headline(confidence: number | undefined, guesses: number): string {
  if (confidence !== undefined) return confidence >= SURE ? "Detected problem type" : "Possible problem type";
  return guesses === 0 ? "No problem type detected" : "Your choice";
}

function Alternative({ label, reason, onTake }: { label: string; reason?: string; onTake: () => void }) {
  return (
    <p className="small muted">
      Also possible:{" "}
      <button type="button" className={classes.textButton} onClick={onTake}>
        {label}
      </button>
      {reason && <> ({reason})</>}
    </p>
  );
}
