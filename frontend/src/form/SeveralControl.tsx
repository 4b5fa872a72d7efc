import { TextInput } from "@mantine/core";
import type { Setting } from "../api/types";
import { plural } from "../ui/format";
import { MultiSelectInput } from "../ui/inputs";
import { choiceData, choiceOf, encoded } from "./Control";
import { useForm, useFormStore } from "./form-context";
import classes from "./form.module.css";

const BOOLEANS = [
  { value: "true", label: "On" },
  { value: "false", label: "Off" },
];

/** Several values to try: typed for numbers, chosen for everything that has choices. */
export function SeveralControl({ setting, id }: { setting: Setting; id: string }) {
  const store = useFormStore();
  const entry = useForm((state) => state.grid[setting.key]);
  if (entry === undefined) return null;
  const shared = { id, "aria-describedby": `${id}-help ${id}-several`, error: entry.problem !== null };
  return (
    <div className="column" style={{ gap: 4 }}>
      {setting.type === "int" || setting.type === "float" ? (
        <TextInput
          {...shared}
          value={entry.text}
          placeholder="1e-4, 3e-4 or 0:1:0.25"
          onChange={(event) => store.typeSeveral(setting.key, event.currentTarget.value)}
        />
      ) : (
        <MultiSelectInput
          {...shared}
          data={setting.type === "bool" ? BOOLEANS : severalData(setting, entry.values.map(encoded))}
          value={entry.values.map(encoded)}
          onChange={(next) =>
            store.setSeveral(
              setting.key,
              next.map((one) =>
                setting.type === "bool" ? one === "true" : (choiceOf(setting, one) ?? (setting.free ? one : null)),
              ),
            )
          }
        />
      )}
      <span id={`${id}-several`} className={classes.several}>
        {entry.problem === null ? plural(entry.values.length, "value") : "Comma-separated values, or start:stop:step"}
      </span>
    </div>
  );
}

function severalData(setting: Setting, chosen: string[]): { value: string; label: string }[] {
  const data = choiceData(setting);
  return [
    ...data,
    ...chosen.filter((value) => !data.some((one) => one.value === value)).map((value) => ({ value, label: value })),
  ];
}
