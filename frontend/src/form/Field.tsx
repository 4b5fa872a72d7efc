import { ActionIcon, Tooltip } from "@mantine/core";
import { memo } from "react";
import type { Setting } from "../api/types";
import { notify } from "../ui/notices";
import { CopyIcon, StackIcon, UndoIcon } from "../ui/icons";
import { useForm, useFormStore } from "./form-context";
import { Control } from "./Control";
import { showValue } from "./schema";
import { SeveralControl } from "./SeveralControl";
import classes from "./form.module.css";

export function fieldId(key: string): string {
  return `setting-${key.replaceAll(".", "-")}`;
}

/** One setting: what it is and does on the left, its control on the right, what can be done with it at the edge. */
export const Field = memo(function Field({ setting }: { setting: Setting }) {
  const { key } = setting;
  const isChanged = useForm((_, store) => store.isChanged(key));
  const hasSeveral = useForm((state) => key in state.grid);
  const problem = useForm((_, store) => store.problem(key));
  const suggestion = useForm((state) => state.applied[key]);
  const id = fieldId(key);
  return (
    <div
      className={classes.field}
      data-changed={isChanged || undefined}
      data-problem={problem !== null || undefined}
      data-setting={key}
      data-wide={setting.type === "text" || undefined}
    >
      <div className={classes.words}>
        <div className={classes.labelLine}>
          <label htmlFor={id} id={`${id}-label`} className={classes.label}>
            {setting.label}
          </label>
          {setting.unit && <span className="tiny muted">{setting.unit}</span>}
          <KeyCopy settingKey={key} />
        </div>
        <p id={`${id}-help`} className={classes.help}>
          {setting.help}
          {setting.paper && (
            <>
              {" "}
              <a href={setting.paper} target="_blank" rel="noreferrer">
                Paper
              </a>
            </>
          )}
        </p>
        {suggestion && isChanged && <p className={classes.reason}>Suggested: {suggestion.reason}</p>}
      </div>
      <div className={classes.control}>
        {hasSeveral ? <SeveralControl setting={setting} id={id} /> : <Control setting={setting} id={id} />}
        {problem !== null && (
          <p id={`${id}-problem`} className={classes.problem}>
            {problem}
          </p>
        )}
      </div>
      <FieldActions setting={setting} isChanged={isChanged} hasSeveral={hasSeveral} />
    </div>
  );
});

function KeyCopy({ settingKey }: { settingKey: string }) {
  const copy = () => void navigator.clipboard.writeText(settingKey).then(() => notify(`Copied ${settingKey}`));
  return (
    <button type="button" className={classes.key} onClick={copy} tabIndex={-1} aria-hidden="true" title="Copy the key">
      <code>{settingKey}</code>
      <CopyIcon size={12} />
    </button>
  );
}

function FieldActions({
  setting,
  isChanged,
  hasSeveral,
}: {
  setting: Setting;
  isChanged: boolean;
  hasSeveral: boolean;
}) {
  const store = useFormStore();
  const { key, label } = setting;
  const several = hasSeveral ? "Use one value" : "Try several values";
  return (
    <div className={classes.actions}>
      {isChanged && (
        <Tooltip label={`Reset to ${showValue(setting, store.start[key])}`}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={28}
            aria-label={`Reset ${label}`}
            onClick={() => store.reset(key)}
          >
            <UndoIcon size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      {setting.grid && (
        <Tooltip label={several}>
          <ActionIcon
            variant={hasSeveral ? "light" : "subtle"}
            color={hasSeveral ? undefined : "gray"}
            size={28}
            aria-pressed={hasSeveral}
            aria-label={`${several}: ${label}`}
            onClick={() => (hasSeveral ? store.stopSeveral(key) : store.startSeveral(key))}
          >
            <StackIcon size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}
