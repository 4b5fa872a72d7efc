import type {
  Draft,
  Finding,
  Setting,
  SettingsDocument,
  SettingValue,
  SettingValues,
  SuggestedChange,
} from "../api/types";
import { isSame, parseNumber, parseSeveral, problemOf, visibleKeys } from "./schema";

export type GridEntry = { text: string; values: SettingValue[]; problem: string | null };
export type FormState = {
  values: SettingValues;
  /** What is typed into number fields, also while it is no number. */
  texts: Record<string, string>;
  grid: Record<string, GridEntry>;
  visible: Set<string>;
  /** What the server said about a setting; gone when it is changed. */
  serverProblems: Record<string, string>;
  /** What the last check of all settings said about some of them; the next check says it anew. */
  checkProblems: Record<string, string>;
  /** Suggested values in force. */
  applied: Record<string, SuggestedChange>;
};
export type SavedForm = Pick<FormState, "values" | "texts" | "grid" | "applied">;

export const NAME_KEY = "general.experiment_name";

/** The settings form's state, outside React: a field listens to its own slice, so typing redraws one row. */
export class FormStore {
  readonly settings: Map<string, Setting>;
  /** Defaults, with what the dataset and the machine decide. */
  readonly start: SettingValues;
  private state: FormState;
  private readonly rules: Record<string, Setting["visible_if"]>;
  private readonly watchers = new Set<() => void>();

  constructor(readonly document: SettingsDocument) {
    const own = document.settings.filter((setting) => !setting.fixed);
    this.settings = new Map(own.map((setting) => [setting.key, setting]));
    this.rules = Object.fromEntries(own.map((setting) => [setting.key, setting.visible_if ?? null]));
    this.start = { ...Object.fromEntries(own.map((setting) => [setting.key, setting.default])), ...document.values };
    this.state = this.complete({ values: this.start, texts: {}, grid: {}, applied: {} });
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  current = (): FormState => this.state;

  set(key: string, value: SettingValue): void {
    const { [key]: _, ...texts } = this.state.texts;
    this.change({ values: { ...this.state.values, [key]: value }, texts, applied: this.stillApplied(key, value) }, key);
  }

  /** A number as it is typed. What is no number stays as text and is an error. */
  type(key: string, text: string): void {
    const number = parseNumber(text);
    const isEmpty = text.trim() === "";
    const value = isEmpty ? null : (number ?? text);
    this.change(
      {
        values: { ...this.state.values, [key]: value },
        texts: { ...this.state.texts, [key]: text },
        applied: this.stillApplied(key, value),
      },
      key,
    );
  }

  reset(key: string): void {
    const { [key]: _, ...grid } = this.state.grid;
    this.change({ grid });
    this.set(key, this.start[key] ?? null);
  }

  /** Takes other values over: from an experiment, a file, or a draft. Unknown keys are left out. */
  take(values: SettingValues, grid: Record<string, SettingValue[]> = {}): void {
    const known = Object.fromEntries(Object.entries(values).filter(([key]) => this.settings.has(key)));
    const entries = Object.entries(grid)
      .filter(([key]) => this.settings.has(key))
      .map(([key, several]) => [key, { text: several.join(", "), values: several, problem: null }]);
    this.change({
      values: { ...this.state.values, ...known },
      texts: {},
      grid: Object.fromEntries(entries) as FormState["grid"],
      serverProblems: {},
      applied: Object.fromEntries(
        Object.entries(this.state.applied).filter(([key, one]) => !(key in known) || isSame(one.value, known[key])),
      ),
    });
  }

  /** What the server said of values that are still the same. */
  keepProblems(problems: Record<string, string>): void {
    this.change({
      serverProblems: Object.fromEntries(Object.entries(problems).filter(([key]) => this.settings.has(key))),
    });
  }

  restore(saved: SavedForm): void {
    this.change({
      values: { ...this.start, ...saved.values },
      texts: saved.texts,
      grid: saved.grid,
      applied: saved.applied,
    });
  }

  apply(changes: SuggestedChange[]): void {
    const known = changes.filter((change) => this.settings.has(change.key));
    this.change({
      values: { ...this.state.values, ...Object.fromEntries(known.map((change) => [change.key, change.value])) },
      texts: {},
      applied: { ...this.state.applied, ...Object.fromEntries(known.map((change) => [change.key, change])) },
    });
  }

  undo(keys: string[]): void {
    const values = { ...this.state.values };
    const applied = { ...this.state.applied };
    for (const key of keys) {
      values[key] = this.start[key] ?? null;
      delete applied[key];
    }
    this.change({ values, applied, texts: {} });
  }

  startSeveral(key: string): void {
    const setting = this.settings.get(key) as Setting;
    const offered = setting.grid_values?.length ? setting.grid_values : [this.state.values[key] ?? null];
    this.change(
      { grid: { ...this.state.grid, [key]: { text: offered.join(", "), values: offered, problem: null } } },
      key,
    );
  }

  stopSeveral(key: string): void {
    const { [key]: _, ...grid } = this.state.grid;
    this.change({ grid }, key);
  }

  typeSeveral(key: string, text: string): void {
    const { values, problem } = parseSeveral(text);
    const setting = this.settings.get(key) as Setting;
    const bad = problem ?? values.map((value) => problemOf(setting, value)).find((one) => one !== null) ?? null;
    this.change({ grid: { ...this.state.grid, [key]: { text, values, problem: bad } } }, key);
  }

  setSeveral(key: string, values: SettingValue[]): void {
    const problem = values.length === 0 ? "Choose at least one value." : null;
    this.change({ grid: { ...this.state.grid, [key]: { text: values.join(", "), values, problem } } }, key);
  }

  /** Puts the findings of a refusal or a file at their fields, until these are changed. */
  blame(findings: Finding[]): void {
    this.change({ serverProblems: this.atFields(findings) });
  }

  /** Puts the findings of the last check at their fields, until the next check. */
  showCheck(findings: Finding[]): void {
    const checkProblems = this.atFields(findings);
    // A change that changes nothing would have the settings checked again, and so on for ever.
    if (JSON.stringify(checkProblems) !== JSON.stringify(this.state.checkProblems)) this.change({ checkProblems });
  }

  private atFields(findings: Finding[]): Record<string, string> {
    const problems = findings.filter((finding) => finding.level === "error" && this.settings.has(finding.path));
    return Object.fromEntries(
      problems.map((finding) => [
        finding.path,
        [finding.line ? `Line ${finding.line}:` : "", finding.message, finding.fix].filter(Boolean).join(" "),
      ]),
    );
  }

  isChanged(key: string): boolean {
    return key in this.state.grid || !isSame(this.state.values[key], this.start[key]);
  }

  /** The changed settings, as every page counts them: what the form's head chooses and the name are none. */
  changedKeys(): string[] {
    return this.ownKeys().filter((key) => key !== NAME_KEY && !this.settings.get(key)?.head);
  }

  /** Everything shown that has another value than a new form gives it. */
  ownKeys(): string[] {
    return [...this.settings.keys()].filter((key) => this.state.visible.has(key) && this.isChanged(key));
  }

  /** Suggested values that the form does not have. */
  openSuggestions(): SuggestedChange[] {
    const isOpen = ({ key, value }: SuggestedChange) =>
      this.settings.has(key) && !isSame(this.state.values[key], value);
    return this.document.suggested.filter(isOpen);
  }

  /** How many combinations of the values to try there are. */
  gridPoints(): number {
    return Object.entries(this.state.grid)
      .filter(([key]) => this.state.visible.has(key))
      .reduce((product, [, entry]) => product * Math.max(1, entry.values.length), 1);
  }

  problem(key: string): string | null {
    const setting = this.settings.get(key);
    if (!setting || !this.state.visible.has(key)) return null;
    return this.invalid(setting) ?? this.state.serverProblems[key] ?? this.state.checkProblems[key] ?? null;
  }

  /** Whether a shown value cannot be one of its setting: then there is nothing to send to the server. */
  hasInvalidValues(): boolean {
    return [...this.settings.values()].some(
      (setting) => this.state.visible.has(setting.key) && this.invalid(setting) !== null,
    );
  }

  /** Whether something must be changed before a start makes sense. What a check said may be out of date by now. */
  mustChange(): boolean {
    const said = Object.keys(this.state.serverProblems).some((key) => this.state.visible.has(key));
    return said || this.hasInvalidValues();
  }

  private invalid(setting: Setting): string | null {
    const entry = this.state.grid[setting.key];
    return entry ? entry.problem : problemOf(setting, this.state.values[setting.key]);
  }

  /** Every problem of what is shown, in the order of the form. */
  problems(): { key: string; label: string; problem: string }[] {
    return [...this.settings.values()].flatMap((setting) => {
      const problem = this.problem(setting.key);
      return problem === null ? [] : [{ key: setting.key, label: setting.label, problem }];
    });
  }

  /** What is sent: only what is shown. Hidden values stay in the page for when they are shown again. */
  draft(): Draft {
    const { values, grid, visible } = this.state;
    const shown = [...visible];
    return {
      problem_type: this.document.problem_type,
      model_type: this.document.model_type,
      settings: Object.fromEntries(shown.map((key) => [key, values[key] ?? null])),
      grid: Object.fromEntries(shown.filter((key) => key in grid).map((key) => [key, grid[key]?.values ?? []])),
    };
  }

  /** Without secrets: what is kept in the tab can be read by whoever sits down at it. */
  save(): SavedForm {
    const { texts, grid, applied } = this.state;
    const kept = Object.entries(this.state.values).filter(([key]) => this.settings.get(key)?.type !== "secret");
    return { values: Object.fromEntries(kept), texts, grid, applied };
  }

  /** A suggestion is in use only while the setting has its value. */
  private stillApplied(key: string, value: SettingValue): FormState["applied"] {
    const suggestion = this.state.applied[key];
    if (suggestion === undefined || isSame(suggestion.value, value)) return this.state.applied;
    const { [key]: _, ...rest } = this.state.applied;
    return rest;
  }

  private change(part: Partial<FormState>, changedKey?: string): void {
    const next = { ...this.state, ...part };
    if (changedKey !== undefined) {
      next.serverProblems = without(changedKey, next.serverProblems);
      next.checkProblems = without(changedKey, next.checkProblems);
    }
    this.state = this.complete(next);
    for (const watcher of this.watchers) watcher();
  }

  /** With several values a setting can be anything of them: what depends on it is shown if any of them shows it. */
  private complete(
    state: Omit<FormState, "visible" | "serverProblems" | "checkProblems"> & Partial<FormState>,
  ): FormState {
    const base = { ...this.document.facts, ...state.values };
    const visible = visibleKeys(this.rules, base);
    for (const [key, entry] of Object.entries(state.grid)) {
      for (const value of entry.values)
        for (const shown of visibleKeys(this.rules, { ...base, [key]: value })) visible.add(shown);
    }
    const { serverProblems = {}, checkProblems = {} } = state;
    return { ...state, serverProblems, checkProblems, visible };
  }
}

function without(key: string, problems: Record<string, string>): Record<string, string> {
  const { [key]: _, ...rest } = problems;
  return rest;
}
