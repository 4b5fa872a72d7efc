import { Link } from "react-router";
import type { ProblemType } from "../api/types";
import { FactList, Section } from "../ui/Page";
import classes from "./help.module.css";

/** What a problem type needs and gives, from its own description. */
export function ProblemTypeHelp({ type }: { type: ProblemType }) {
  return (
    <div className={classes.topic}>
      <h2>{type.title}</h2>
      <p>{type.description}</p>
      <Section title="Data it needs">
        <FactList
          facts={type.roles.map((role) => ({
            label: `${role.title}${role.is_required ? "" : ", optional"}`,
            value: [role.hint, `kinds: ${role.kinds.join(", ")}`].filter(Boolean).join("; "),
          }))}
        />
        <p className="small muted">Data formats: {type.dataset_formats.map((format) => format.title).join(", ")}.</p>
      </Section>
      <Section title="Metrics">
        <dl className={classes.terms}>
          {type.metrics.map((metric) => (
            <div key={metric.name}>
              <dt>
                {metric.label}{" "}
                <span className="muted">
                  {metric.direction === "maximize" ? "higher is better" : "lower is better"}
                  {metric.name === type.default_metric && ", default"}
                </span>
              </dt>
              <dd>{metric.definition}</dd>
            </div>
          ))}
        </dl>
      </Section>
      <Section title="Insights of a finished run">
        <ul className={classes.list}>
          {type.insights.map((insight) => (
            <li key={insight}>{insight}</li>
          ))}
        </ul>
      </Section>
      <Section title="Prediction columns">
        <p>{type.prediction_columns}</p>
      </Section>
      <p>
        <Link to={`/help/reference-${type.id}`}>Every setting of {type.title.toLowerCase()}</Link>
      </p>
    </div>
  );
}

const WORDS: [string, string][] = [
  [
    "Dataset",
    "Tables and media files that were imported and checked. It never changes afterwards, so that results are reproducible.",
  ],
  [
    "Experiment",
    "One set of settings on one dataset. It makes one run, or several with more folds, seeds or grid values.",
  ],
  ["Run", "One training, from the first step to predictions on the validation rows."],
  ["Settings", "Everything that defines a training. They can be downloaded as YAML and loaded again in any studio."],
  [
    "Level",
    "How much of the settings form is shown: novice, skilled, expert, master. Hidden settings keep their values.",
  ],
  ["Grid search", "Several values for some settings. Every combination is one run."],
  ["Epoch", "One pass over all training rows."],
  [
    "Step",
    "Training samples seen so far. Charts count in steps, so that runs with different batch sizes are comparable.",
  ],
  ["Fold", "The part of the training rows that is held back to validate a run."],
  ["Validation", "Rows the model does not learn from. The best checkpoint is chosen by its metric on them."],
  ["Test", "Rows evaluated once, at the end. They influence no choice."],
  ["Prediction", "The output of a finished experiment on new data, as a table and as pictures."],
  ["Pipeline", "A zip that predicts without the studio: weights, requirements, a script, a small server."],
];

export function Glossary() {
  return (
    <div className={classes.topic}>
      <h2>Glossary</h2>
      <dl className={classes.terms}>
        {WORDS.map(([word, meaning]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
