import { Button } from "@mantine/core";
import { useState } from "react";
import { useExperimentSettings } from "../api/experiments";
import { useAnswer } from "../api/runs";
import type { Experiment, ProblemType, Run } from "../api/types";
import { FileDrop } from "../ui/FileDrop";
import { RefusalPanel } from "../ui/RefusalPanel";
import classes from "../pages/predict.module.css";
import { FileAnswer } from "./FileAnswer";
import { cellOf, fileColumnOf, inputsOf, isComplete, needsRow, rowsOf } from "./inputs";
import { Recorder } from "./Recorder";
import { RowFields } from "./RowFields";

/** Types of files that browsers draw by themselves. */
const DRAWN = /^image\/(png|jpeg|webp|gif|bmp)$/;

const NOUNS: Record<string, string> = { audio: "recording" };

type OneFormProps = { run: Run; experiment: Experiment; type: ProblemType };

/** One file, with the texts of its row where a model reads them, answered at once. The first answer loads the model. */
export function OneForm({ run, experiment, type }: OneFormProps) {
  const medium = type.medium ?? "file";
  const noun = NOUNS[medium] ?? medium;
  const settings = useExperimentSettings(experiment.id).data?.settings;
  const inputs = settings ? inputsOf(type, settings) : [];
  const hasRow = needsRow(type);
  const answer = useAnswer(run.id, type.explanation !== null);
  const [values, setValues] = useState<Record<string, string>>({});
  const [file, setFile] = useState<File | null>(null);
  const [local, setLocal] = useState<string | null>(null);
  const choose = (chosen: File) => {
    setFile(chosen);
    if (!hasRow) ask(chosen);
  };
  const ask = (chosen: File) => {
    if (local) URL.revokeObjectURL(local);
    setLocal(DRAWN.test(chosen.type) ? URL.createObjectURL(chosen) : null);
    const column = settings && fileColumnOf(type, settings);
    if (!hasRow || !column) return answer.mutate(chosen);
    const [row] = rowsOf(inputs, values, false);
    answer.mutate(cellOf(chosen).then((cell) => ({ ...row, [column]: cell })));
  };
  return (
    <div className="column" style={{ gap: 16 }}>
      <FileDrop
        label={noun.charAt(0).toUpperCase() + noun.slice(1)}
        accept={medium === "image" ? "image/*" : ""}
        title={file && hasRow ? file.name : `Drop one ${noun} here`}
        button={file ? `Choose another ${noun}` : `Choose ${noun}`}
        onFile={choose}
        isBusy={answer.isPending}
      >
        <p className="small muted">
          {answer.isPending
            ? "Predicting. The first prediction takes a few seconds while the model loads."
            : hasRow
              ? "It is predicted together with the text, and not saved as a dataset."
              : "It is predicted immediately and not saved as a dataset."}
        </p>
      </FileDrop>
      {medium === "audio" && <Recorder onFile={choose} isBusy={answer.isPending} />}
      {hasRow && (
        <form
          className={classes.rowForm}
          onSubmit={(event) => {
            event.preventDefault();
            if (file) ask(file);
          }}
        >
          <RowFields inputs={inputs} values={values} onValues={setValues} />
          <div>
            <Button type="submit" disabled={!file || !isComplete(inputs, values)} loading={answer.isPending}>
              Predict
            </Button>
          </div>
        </form>
      )}
      {answer.error && <RefusalPanel title="Prediction failed." error={answer.error} />}
      {answer.data && (
        <FileAnswer
          {...answer.data}
          run={run.id}
          dataset={experiment.dataset?.id ?? null}
          explanation={type.explanation}
          local={local}
        />
      )}
    </div>
  );
}
