import { Autocomplete, PasswordInput, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import type { Setting, SettingValue } from "../api/types";
import { formatSettingNumber } from "../ui/format";
import { MultiSelectInput, SelectInput } from "../ui/inputs";
import { useForm, useFormStore } from "./form-context";

type ControlProps = { setting: Setting; id: string };

/** The control of one value, by the setting's type. Nothing here knows a setting's name. */
export function Control({ setting, id }: ControlProps) {
  const store = useFormStore();
  const value = useForm((state) => state.values[setting.key]) ?? null;
  const hasProblem = useForm((_, one) => one.problem(setting.key) !== null);
  const set = (next: SettingValue) => store.set(setting.key, next);
  const shared = {
    id,
    "aria-describedby": `${id}-help${hasProblem ? ` ${id}-problem` : ""}`,
    "aria-invalid": hasProblem || undefined,
    error: hasProblem,
  };
  switch (setting.type) {
    case "bool":
      return (
        <Switch
          {...shared}
          error={undefined}
          checked={value === true}
          onChange={(event) => set(event.currentTarget.checked)}
          withThumbIndicator={false}
          size="md"
        />
      );
    case "int":
    case "float":
      return <NumberControl setting={setting} shared={shared} value={value} />;
    case "enum":
    case "column":
      return setting.free ? (
        <FreeChoice setting={setting} shared={shared} value={value} />
      ) : (
        <Choice setting={setting} shared={shared} value={value} />
      );
    case "multi":
      return (
        <MultiSelectInput
          {...shared}
          data={choiceData(setting)}
          value={listOf(value)}
          onChange={(next) => set(next.map((one) => choiceOf(setting, one) as string))}
          placeholder={listOf(value).length === 0 ? "None" : undefined}
        />
      );
    case "tags":
      return (
        <TagsInput
          {...shared}
          value={listOf(value)}
          onChange={(next) => set(next.map((one) => sameKind(setting, one)))}
          comboboxProps={{ keepMounted: false }}
          placeholder={listOf(value).length === 0 ? "Type and press Enter" : undefined}
        />
      );
    case "text":
      return (
        <Textarea
          {...shared}
          autosize
          minRows={3}
          maxRows={12}
          value={textOf(value)}
          onChange={(event) => set(event.currentTarget.value)}
          styles={{ input: { fontFamily: "var(--mono)", fontSize: 13 } }}
        />
      );
    case "secret":
      return (
        <PasswordInput
          {...shared}
          autoComplete="off"
          value={textOf(value)}
          onChange={(event) => set(event.currentTarget.value)}
        />
      );
    case "string":
      return <TextInput {...shared} value={textOf(value)} onChange={(event) => set(event.currentTarget.value)} />;
  }
}

type Shared = { id: string; error: boolean; "aria-describedby": string; "aria-invalid": true | undefined };
type ValueProps = { setting: Setting; shared: Shared; value: SettingValue };

function NumberControl({ setting, shared, value }: ValueProps) {
  const store = useFormStore();
  const text = useForm((state) => state.texts[setting.key]);
  const shown = text ?? (typeof value === "number" ? formatSettingNumber(value) : textOf(value));
  const nudge = (direction: number) =>
    typeof value === "number" && store.type(setting.key, formatSettingNumber(nudged(setting, value, direction)));
  return (
    <TextInput
      {...shared}
      value={shown}
      inputMode={setting.type === "int" ? "numeric" : "decimal"}
      placeholder={setting.optional ? "None" : undefined}
      styles={{ input: { fontVariantNumeric: "tabular-nums" } }}
      onChange={(event) => store.type(setting.key, event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
        event.preventDefault();
        nudge(event.key === "ArrowUp" ? 1 : -1);
      }}
    />
  );
}

/** One step up or down; numbers on a logarithmic scale double and halve. */
function nudged(setting: Setting, value: number, direction: number): number {
  const raw = setting.log
    ? direction > 0
      ? value * 2
      : value / 2
    : value + direction * (setting.step ?? (setting.type === "int" ? 1 : 0.1));
  const bounded = Math.max(setting.min ?? -Infinity, Math.min(setting.max ?? Infinity, raw));
  return Number((setting.type === "int" ? Math.round(bounded) : bounded).toPrecision(10));
}

function Choice({ setting, shared, value }: ValueProps) {
  const store = useFormStore();
  const data = choiceData(setting);
  const chosen = encoded(value);
  const isKnown = data.some((one) => one.value === chosen);
  const all =
    isKnown || value === null || value === ""
      ? data
      : [...data, { value: chosen, label: `${String(value)} (not here)` }];
  return (
    <SelectInput
      {...shared}
      data={all}
      value={isKnown || (value !== null && value !== "") ? chosen : null}
      placeholder="Choose"
      onChange={(next) => store.set(setting.key, choiceOf(setting, next ?? ""))}
    />
  );
}

function FreeChoice({ setting, shared, value }: ValueProps) {
  const store = useFormStore();
  return (
    <Autocomplete
      {...shared}
      data={choiceData(setting).map((one) => one.label)}
      value={textOf(value)}
      limit={50}
      maxDropdownHeight={320}
      comboboxProps={{ keepMounted: false, transitionProps: { duration: 0 } }}
      filter={({ options, search }) =>
        choiceData(setting).some((one) => one.label === search)
          ? options
          : options.filter((one) => "label" in one && one.label.toLowerCase().includes(search.toLowerCase()))
      }
      onChange={(next) => store.set(setting.key, next)}
    />
  );
}

/** Options carry the JSON of their value, so that 1, "1", true and None stay four things. */
export function choiceData(setting: Setting): { value: string; label: string }[] {
  return (setting.choices ?? []).map(([value, label]) => ({ value: encoded(value), label }));
}

export function choiceOf(setting: Setting, text: string): SettingValue {
  return setting.choices?.find(([value]) => encoded(value) === text)?.[0] ?? null;
}

export function encoded(value: SettingValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function listOf(value: SettingValue): string[] {
  return Array.isArray(value) ? value.map((one) => encoded(one)) : [];
}

function sameKind(setting: Setting, text: string): string | number {
  const isNumeric = Array.isArray(setting.default) && typeof setting.default[0] === "number";
  return isNumeric && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function textOf(value: SettingValue): string {
  return value === null ? "" : String(value);
}
