import { Button, Switch } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { useExperimentSettings } from "../api/experiments";
import { useAnswer } from "../api/runs";
import type { Experiment, ProblemType, Run, SampleView } from "../api/types";
import { useClassNames } from "../api/datasets";
import { ExplanationProvider } from "../samples/explanation";
import { RefusalPanel } from "../ui/RefusalPanel";
import classes from "../pages/predict.module.css";
import { inputsOf, isComplete, rowsOf } from "./inputs";
import { RowFields } from "./RowFields";
import { TextAnswer } from "./TextAnswer";

type Answered = { key: number; sample: SampleView; seconds: number };
type OneRowFormProps = { run: Run; experiment: Experiment; type: ProblemType };

/** Typed texts, answered at once in the page, the latest first. The first answer loads the model. */
export function OneRowForm({ run, experiment, type }: OneRowFormProps) {
  const settings = useExperimentSettings(experiment.id).data?.settings;
  const inputs = settings ? inputsOf(type, settings) : [];
  const answer = useAnswer(run.id, type.explanation !== null);
  const [values, setValues] = useState<Record<string, string>>({});
  const [isByLine, setIsByLine] = useState(false);
  const [answers, setAnswers] = useState<Answered[]>([]);
  const [left, setLeft] = useState(0);
  const dataset = experiment.dataset?.id ?? null;
  const classNames = useClassNames(dataset);
  const canSplit = inputs.length === 1;
  const ask = async () => {
    const rows = rowsOf(inputs, values, canSplit && isByLine);
    for (const [i, row] of rows.entries()) {
      setLeft(rows.length - i);
      try {
        const { sample, seconds } = await answer.mutateAsync(row);
        setAnswers((old) => [{ key: old.length, sample, seconds }, ...old]);
      } catch {
        break; // The mutation keeps the error, which is shown below.
      }
    }
    setLeft(0);
  };
  const isReady = inputs.length > 0 && isComplete(inputs, values) && left === 0;
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !isReady) return;
    event.preventDefault();
    void ask();
  };
  return (
    <div className="column" style={{ gap: 24 }}>
      <form
        className={classes.rowForm}
        onSubmit={(event) => (event.preventDefault(), isReady && void ask())}
        onKeyDown={press}
      >
        <RowFields inputs={inputs} values={values} onValues={setValues} />
        {canSplit && (
          <Switch
            withThumbIndicator={false}
            label="Each line is a separate text"
            checked={isByLine}
            onChange={(event) => setIsByLine(event.currentTarget.checked)}
          />
        )}
        <div className="row-wrap" style={{ gap: 16 }}>
          <Button type="submit" disabled={!isReady} loading={left > 0}>
            Predict
          </Button>
          <span className="small muted" role="status">
            {left > 1 && `${left} texts left. `}
            {left > 0
              ? answers.length === 0 && "The first prediction takes a few seconds while the model loads."
              : "Predicted immediately and not saved as a dataset. Ctrl+Enter also predicts."}
          </span>
        </div>
      </form>
      {answer.error && <RefusalPanel title="Prediction failed." error={answer.error} />}
      <ExplanationProvider value={type.explanation}>
        {answers.map(({ key, sample, seconds }) => (
          <TextAnswer key={key} sample={sample} seconds={seconds} run={run.id} classNames={classNames} />
        ))}
      </ExplanationProvider>
    </div>
  );
}
