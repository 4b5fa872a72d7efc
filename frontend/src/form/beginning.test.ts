import { expect, test } from "vitest";
import type { Dataset, Finding, LoadedSettings, Setting, SettingsDocument, SettingValues } from "../api/types";
import { begin, type Carried, carriedOf, fitted, type FormSource } from "./beginning";
import { FormStore } from "./store";

const setting = (key: string, more: Partial<Setting> = {}): Setting => ({
  key,
  label: key.split(".")[1] ?? key,
  section: key.split(".")[0] ?? "",
  type: "string",
  default: null,
  grid: false,
  level: "novice",
  help: "",
  optional: true,
  fixed: false,
  ...more,
});
const columns = (...names: string[]) => names.map((name): [string, string] => [name, name]);

/** The document of a dataset with these columns; the label column is called like the last of them. */
function documentOf(dataset: string, ...names: string[]): SettingsDocument {
  return {
    problem_type: "text_classification",
    title: "",
    model_type: null,
    version: 1,
    hash: dataset,
    sections: [],
    facts: {},
    settings: [
      setting("general.dataset"),
      setting("dataset.text_column", { type: "column", choices: columns(...names) }),
      setting("dataset.label_columns", { type: "multi", choices: columns(...names), default: [] }),
      setting("dataset.fold_column", { type: "column", choices: columns(...names) }),
      setting("dataset.test_dataframe", { type: "enum", choices: columns(`${dataset}.csv`) }),
      setting("dataset.validation_size", { type: "float", default: 0.2 }),
      setting("training.epochs", { type: "int", default: 1, min: 1 }),
      setting("training.batch_size", { type: "int", default: 8 }),
    ],
    values: { "general.dataset": dataset, "dataset.text_column": names[0]!, "dataset.label_columns": [names.at(-1)!] },
    suggested: [{ key: "training.batch_size", value: 32, default: 8, reason: "" }],
  };
}

const dataset = (name: string) => ({ id: `data-${name}`, name, problem_type: "text_classification" }) as Dataset;
const FILE: SettingValues = {
  "general.dataset": "reviews",
  "dataset.text_column": "body",
  "dataset.label_columns": ["stars"],
  "dataset.fold_column": "part",
  "dataset.test_dataframe": "reviews.csv",
  "dataset.validation_size": 0.4,
  "training.epochs": 7,
};

function sourceOf(name: string, more: Partial<FormSource> = {}): FormSource {
  return { dataset: dataset(name), type: undefined, model: null, from: null, file: null, carried: null, ...more };
}

function fileOf(settings: SettingValues, findings: Finding[] = []): FormSource["file"] {
  const loaded = { settings, grid: {}, findings, taken: [], translated: [], not_applicable: [] };
  return { name: "c.yaml", number: 1, missing: null, loaded: loaded as unknown as LoadedSettings };
}

test("a file's own dataset takes every value of the file, columns too", () => {
  const store = new FormStore(documentOf("reviews", "text", "body", "part", "stars"));

  const remapped = begin(store, sourceOf("reviews", { file: fileOf(FILE) }));

  expect(store.current().values).toMatchObject(FILE);
  expect(remapped).toEqual([]);
});

test("another dataset keeps every value but names it does not have, and tells these", () => {
  const store = new FormStore(documentOf("mails", "body", "kind"));

  const remapped = begin(store, sourceOf("mails", { file: fileOf(FILE) }));

  expect(store.current().values).toEqual({
    ...FILE,
    "general.dataset": "mails",
    "dataset.label_columns": ["kind"],
    "dataset.fold_column": null,
    "dataset.test_dataframe": null,
    "training.batch_size": 8,
  });
  expect(remapped.map(({ key, from, to }) => [key, from, to])).toEqual([
    ["dataset.label_columns", ["stars"], ["kind"]],
    ["dataset.fold_column", "part", null],
    ["dataset.test_dataframe", "reviews.csv", null],
  ]);
});

test("what was typed after a file stays when the dataset is changed", () => {
  const first = sourceOf("reviews", { file: fileOf(FILE) });
  const before = new FormStore(documentOf("reviews", "body", "part", "stars"));
  begin(before, first);
  before.set("training.epochs", 9);

  const carried = carriedOf(before, first);
  const after = new FormStore(documentOf("mails", "body", "kind"));
  begin(after, sourceOf("mails", { file: first.file, carried }));

  expect(after.current().values).toMatchObject({ "training.epochs": 9, "dataset.validation_size": 0.4 });
  expect(after.current().values["general.dataset"]).toBe("mails");
});

test("without a file only a person's own changes are carried, the rest is suggested anew", () => {
  const first = sourceOf("reviews");
  const before = new FormStore(documentOf("reviews", "body", "stars"));
  begin(before, first);
  before.set("training.epochs", 5);

  const carried: Carried = carriedOf(before, first);
  const after = new FormStore(documentOf("mails", "text", "kind"));
  const remapped = begin(after, sourceOf("mails", { carried }));

  expect(Object.keys(carried.settings)).toEqual(["training.epochs"]);
  expect(after.current().values).toMatchObject({ "training.epochs": 5, "training.batch_size": 32 });
  expect(after.current().values["dataset.label_columns"]).toEqual(["kind"]);
  expect(remapped).toEqual([]);
});

test("the findings of a file stand at their fields, and stay there on another dataset", () => {
  const finding = {
    level: "error",
    code: "x",
    path: "training.epochs",
    message: "Too few.",
    fix: "",
    line: 4,
  } as Finding;
  const first = sourceOf("reviews", { file: fileOf(FILE, [finding]) });
  const before = new FormStore(documentOf("reviews", "body", "part", "stars"));
  begin(before, first);
  const after = new FormStore(documentOf("mails", "body", "kind"));
  begin(after, sourceOf("mails", { file: first.file, carried: carriedOf(before, first) }));

  expect(before.problem("training.epochs")).toBe("Line 4: Too few.");
  expect(after.problem("training.epochs")).toBe("Line 4: Too few.");
});

test("another experiment's values are fitted like a file's", () => {
  const document = documentOf("mails", "body", "kind");

  const { values } = fitted({ "dataset.text_column": "gone", "training.epochs": 3 }, document, true);

  expect(values).toEqual({ "dataset.text_column": "body", "training.epochs": 3 });
});

test("devices that this machine does not have are replaced, whatever the data", () => {
  const document = documentOf("reviews", "body", "stars");
  document.settings.push(setting("environment.gpus", { type: "multi", choices: [], default: [] }));
  document.values["environment.gpus"] = [];

  const { values, remapped } = fitted(
    { "environment.gpus": ["0", "1"], "dataset.text_column": "gone" },
    document,
    false,
  );

  expect(values).toEqual({ "environment.gpus": [], "dataset.text_column": "gone" });
  expect(remapped.map((one) => one.key)).toEqual(["environment.gpus"]);
});
