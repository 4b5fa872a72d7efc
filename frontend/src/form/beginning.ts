import type {
  Dataset,
  ExperimentSettings,
  GridValues,
  LoadedSettings,
  MetricSummary,
  ProblemType,
  Setting,
  SettingsDocument,
  SettingValue,
  SettingValues,
} from "../api/types";
import { isSame } from "./schema";
import { type FormStore, NAME_KEY } from "./store";

/** What a form begins with, and how the values of other data were fitted to the dataset that is chosen. */

/** A settings file as it was read. */
export type SettingsFile = {
  name: string;
  loaded: LoadedSettings;
  /** Counts the files of this page: the same file read again begins anew. */
  number: number;
  /** The dataset that the file names and that is not here; told until another one is chosen. */
  missing: string | null;
};
/** What stays in the form when its dataset or model type is changed. */
export type Carried = {
  dataset: string;
  /** Every value, or only what a person changed, where the rest is suggested anew. */
  isWhole: boolean;
  settings: SettingValues;
  grid: GridValues;
  problems: Record<string, string>;
};
/** Where the first values of a form come from. */
export type FormSource = {
  dataset: Dataset;
  type: ProblemType | undefined;
  model: string | null;
  from: {
    id: string;
    name: string;
    metric: MetricSummary | null;
    settings: ExperimentSettings;
    dataset: string | null;
  } | null;
  file: SettingsFile | null;
  /** What was in the form before its dataset or model type was changed. */
  carried: Carried | null;
};
export type Remapped = { key: string; label: string; from: SettingValue; to: SettingValue };

export const DATASET_KEY = "general.dataset";

export function carriedOf(store: FormStore, source: FormSource): Carried {
  const { values, grid, applied, serverProblems } = store.current();
  const isWhole = source.file !== null || source.from !== null || (source.carried?.isWhole ?? false);
  const own = Object.entries(values).filter(
    ([key, value]) => isWhole || (!isSame(value, store.start[key]) && !(key in applied)),
  );
  return {
    dataset: source.dataset.id,
    isWhole,
    settings: Object.fromEntries(own),
    grid: Object.fromEntries(Object.entries(grid).map(([key, entry]) => [key, entry.values])),
    problems: serverProblems,
  };
}

/** Fills a new form: the suggestions, then what was carried over, or a file, or another experiment. */
export function begin(store: FormStore, source: FormSource): Remapped[] {
  const { carried, file, from } = source;
  if (!(carried?.isWhole ?? (file !== null || from !== null))) store.apply(store.document.suggested);
  if (carried) {
    const remapped = takeFitting(store, carried.settings, carried.grid, carried.dataset !== source.dataset.id);
    store.keepProblems(carried.problems);
    return remapped;
  }
  if (file) {
    const { loaded } = file;
    const isOther = !isNamed(source.dataset, loaded.settings[DATASET_KEY]);
    const remapped = takeFitting(store, withoutName(loaded.settings), loaded.grid, isOther);
    store.blame(loaded.findings);
    return remapped;
  }
  if (from) {
    const { settings, grid } = from.settings;
    const remapped = takeFitting(store, withoutName(settings), grid, from.dataset !== source.dataset.id);
    // Whether its weights are used too is decided anew each time.
    store.take(
      {
        "general.problem_category": "from_experiment",
        "general.experiment": from.name,
        "general.use_previous_experiment_weights": false,
      },
      grid,
    );
    return remapped;
  }
  return [];
}

export function isNamed(dataset: { id: string; name: string }, asked: SettingValue | undefined): boolean {
  return typeof asked === "string" && (dataset.id === asked || dataset.name.toLowerCase() === asked.toLowerCase());
}

function withoutName(settings: SettingValues): SettingValues {
  const { [NAME_KEY]: _, ...rest } = settings;
  return rest;
}

function takeFitting(store: FormStore, settings: SettingValues, grid: GridValues, isOther: boolean): Remapped[] {
  const { values, remapped } = fitted(settings, store.document, isOther);
  store.take({ ...values, ...(isOther && { [DATASET_KEY]: store.start[DATASET_KEY] ?? null }) }, grid);
  return remapped;
}

/**
 * Values from elsewhere: those that name what this machine does not have, or of other data what this dataset does not
 * have, are replaced by what there is, and told.
 */
export function fitted(
  settings: SettingValues,
  document: SettingsDocument,
  isOther: boolean,
): { values: SettingValues; remapped: Remapped[] } {
  const values = { ...settings };
  const remapped: Remapped[] = [];
  for (const setting of document.settings) {
    const from = settings[setting.key];
    if (from === undefined || setting.key === DATASET_KEY || !isBound(setting, document, isOther)) continue;
    if (isOffered(setting, from)) continue;
    const to = document.values[setting.key] ?? setting.default;
    values[setting.key] = to;
    if (!isSame(from, to)) remapped.push({ key: setting.key, label: setting.label, from, to });
  }
  return { values, remapped };
}

/** Whether what a setting can be is decided by the machine or, of other data, by the dataset. */
function isBound(setting: Setting, document: SettingsDocument, isOther: boolean): boolean {
  const isOfData = setting.section === "dataset" || setting.section === "general";
  if (!isOfData) return setting.key in document.values;
  return isOther && (setting.key in document.values || setting.section === "dataset");
}

function isOffered(setting: Setting, value: SettingValue): boolean {
  const choices = setting.choices ?? null;
  if (choices === null) return !isName(value);
  if (setting.free) return true;
  const isKnown = (one: SettingValue) => choices.some(([choice]) => isSame(choice, one));
  if (Array.isArray(value) && !isKnown(value)) return value.every(isKnown);
  return isKnown(value) || value === null;
}

/** Texts without choices are names in the data; numbers and switches mean the same everywhere. */
function isName(value: SettingValue): boolean {
  return typeof value === "string" || Array.isArray(value);
}
