import { Button } from "@mantine/core";
import { useState } from "react";
import type { SuggestedChange } from "../api/types";
import { plural } from "../ui/format";
import { SparkIcon } from "../ui/icons";
import { useForm, useFormStore } from "./form-context";
import { showValue } from "./schema";
import classes from "./form.module.css";

/** What fits this dataset and machine better than the defaults: shown with the reason, and undone one by one or all at once. */
export function SuggestedPanel() {
  const store = useFormStore();
  const applied = useForm((state) => state.applied);
  useForm((_, form) =>
    form
      .openSuggestions()
      .map(({ key }) => key)
      .join(),
  ); // drawn again when one is set by hand, not at every key
  const [isOpen, setIsOpen] = useState(false);
  const open = store.openSuggestions();
  const inForce = store.document.suggested.filter((change) => change.key in applied);
  // What the form has by itself, as from a file, is neither in force nor left to suggest.
  const changes = store.document.suggested.filter((change) => inForce.includes(change) || open.includes(change));
  if (changes.length === 0) return null;
  const words =
    inForce.length > 0
      ? `${plural(inForce.length, "suggested value")} in use for this dataset and machine`
      : `${plural(open.length, "suggested value")} for this dataset and machine`;
  return (
    <section className={classes.suggested} aria-label="Suggested values">
      <div className="row-wrap" style={{ justifyContent: "space-between" }}>
        <span className="row">
          <SparkIcon size={16} />
          <strong>{words}</strong>
        </span>
        <span className="row">
          <Button size="compact-sm" variant="subtle" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
            {isOpen ? "Hide" : "Show"}
          </Button>
          {inForce.length > 0 && (
            <Button size="compact-sm" variant="default" onClick={() => store.undo(inForce.map((change) => change.key))}>
              Undo all
            </Button>
          )}
          {open.length > 0 && (
            <Button size="compact-sm" variant="default" onClick={() => store.apply(open)}>
              {inForce.length > 0 ? "Use the rest" : "Use all"}
            </Button>
          )}
        </span>
      </div>
      {isOpen && (
        <ul className={classes.suggestedList}>
          {changes.map((change) => (
            <SuggestedLine key={change.key} change={change} isApplied={change.key in applied} />
          ))}
        </ul>
      )}
    </section>
  );
}

function SuggestedLine({ change, isApplied }: { change: SuggestedChange; isApplied: boolean }) {
  const store = useFormStore();
  const setting = store.settings.get(change.key);
  return (
    <li>
      <span className="strong">{setting?.label ?? change.key}</span>
      <span className="number">
        {isApplied && <span className={classes.from}>{showValue(setting, change.default)}</span>}{" "}
        {showValue(setting, change.value)}
      </span>
      <span className={`${classes.why} muted`}>{change.reason}</span>
      <Button
        size="compact-xs"
        variant="subtle"
        aria-label={`${isApplied ? "Undo" : "Use"} ${setting?.label ?? change.key}`}
        onClick={() => (isApplied ? store.undo([change.key]) : store.apply([change]))}
      >
        {isApplied ? "Undo" : "Use"}
      </Button>
    </li>
  );
}
