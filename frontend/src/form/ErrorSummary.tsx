import { forwardRef } from "react";
import type { Finding } from "../api/types";
import { plural } from "../ui/format";
import { afterLabel } from "./problem-text";
import { useForm, useFormStore } from "./form-context";
import classes from "./form.module.css";

type ErrorSummaryProps = { others: Finding[]; onGo: (key: string) => void };

/** Everything that stops a start. Takes the focus after a failed start; each line leads to its field. */
export const ErrorSummary = forwardRef<HTMLDivElement, ErrorSummaryProps>(function ErrorSummary({ others, onGo }, ref) {
  const store = useFormStore();
  useForm((state) => state);
  const problems = store.problems();
  const count = problems.length + others.length;
  if (count === 0) return null;
  return (
    <div ref={ref} tabIndex={-1} role="alert" className={classes.summary}>
      <strong>{count === 1 ? "1 problem prevents the start" : `${plural(count, "problem")} prevent the start`}</strong>
      <ul>
        {problems.map(({ key, label, problem }) => (
          <li key={key}>
            <button type="button" onClick={() => onGo(key)}>
              {label}
            </button>
            {afterLabel(label, problem)}
          </li>
        ))}
        {others.map((finding, i) => (
          <li key={i}>
            {finding.message} {finding.fix}
          </li>
        ))}
      </ul>
    </div>
  );
});
