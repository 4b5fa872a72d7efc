import { LoadingRows, ErrorPanel } from "../ui/states";
import { plural } from "../ui/format";
import { FindingList } from "../ui/FindingList";
import type { Finding, SettingsCheck } from "../api/types";
import { useForm, useFormStore } from "./form-context";
import { showValue } from "./schema";
import classes from "./outlook.module.css";

type OutlookProps = { check: SettingsCheck | undefined; error: unknown; isStale: boolean; onGo: (key: string) => void };

/** The run summary: data, steps, memory, what differs from the defaults, and what to look at before the start. */
export function Outlook({ check, error, isStale, onGo }: OutlookProps) {
  const isInvalid = useForm((_, store) => store.hasInvalidValues());
  return (
    <aside className={classes.panel} aria-label="Run summary" aria-busy={isStale}>
      <h2>Run summary</h2>
      {isInvalid && <p className="small muted">Correct the marked values: these are the results of the last check.</p>}
      {check === undefined &&
        (error ? <ErrorPanel title="Settings check failed." error={error} /> : <LoadingRows rows={3} height={24} />)}
      {check && (
        <dl className={classes.facts}>
          <div>
            <dt>Runs</dt>
            <dd>{check.plan.runs}</dd>
          </div>
          {check.facts.map((fact) => (
            <div key={fact.label}>
              <dt>{fact.label}</dt>
              <dd>
                {fact.value}
                {fact.unit ? ` ${fact.unit}` : ""}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {check && <CheckFindings findings={check.findings} onGo={onGo} />}
      <ChangeList onGo={onGo} />
    </aside>
  );
}

function CheckFindings({ findings, onGo }: { findings: Finding[]; onGo: (key: string) => void }) {
  const store = useFormStore();
  if (findings.length === 0) return null;
  return (
    <FindingList
      findings={findings}
      place={(finding) => {
        const setting = store.settings.get(finding.path);
        return setting ? (
          <button type="button" className={classes.link} onClick={() => onGo(finding.path)}>
            {setting.label}
          </button>
        ) : null;
      }}
    />
  );
}

function ChangeList({ onGo }: { onGo: (key: string) => void }) {
  const store = useFormStore();
  useForm((state) => state);
  const changed = store.changedKeys();
  const { values, grid } = store.current();
  return (
    <div>
      <h3 className={classes.subtitle}>
        {changed.length === 0 ? "No changed settings" : plural(changed.length, "changed setting")}
      </h3>
      <ul className={classes.changes}>
        {changed.map((key) => {
          const setting = store.settings.get(key);
          const several = grid[key];
          return (
            <li key={key}>
              <button type="button" className={classes.link} onClick={() => onGo(key)}>
                {setting?.label ?? key}
              </button>
              <span className={classes.changeValue}>
                {several
                  ? several.values.map((value) => showValue(setting, value)).join(" · ")
                  : showValue(setting, values[key])}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
