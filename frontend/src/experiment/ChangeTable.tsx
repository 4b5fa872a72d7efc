import type { ExperimentSettings, SettingValues } from "../api/types";
import { showValue } from "../form/schema";
import classes from "./experiment.module.css";

export function ChangeTable({ changes, grid }: { changes: ExperimentSettings["changes"]; grid: SettingValues }) {
  if (changes.length === 0) return <p className="muted">Every setting has its default.</p>;
  return (
    <ul className={classes.changeTable}>
      {changes.map((change) => (
        <li key={change.key}>
          <code>{change.key}</code>
          <span className="number">
            <strong>{showValue(undefined, grid[change.key] ?? change.value)}</strong>{" "}
            <span className="muted">default {showValue(undefined, change.default)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
