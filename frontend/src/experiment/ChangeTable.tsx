import type { FormStore } from "../form/store";
import { showValue } from "../form/schema";
import classes from "./experiment.module.css";

/** The settings that differ from what a new form begins with, by their names. */
export function ChangeTable({ form }: { form: FormStore }) {
  const changed = form.changedKeys();
  if (changed.length === 0) return <p className="muted">Every setting has its start value.</p>;
  const { values } = form.current();
  return (
    <ul className={classes.changeTable}>
      {changed.map((key) => {
        const setting = form.settings.get(key);
        return (
          <li key={key}>
            <span title={key}>{setting?.label ?? key}</span>
            <span className="number">
              <strong>{showValue(setting, values[key])}</strong>{" "}
              <span className="muted">instead of {showValue(setting, form.start[key])}</span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
