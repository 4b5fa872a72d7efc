import { beforeEach, describe, expect, it } from "vitest";
import type { Setting, SettingsDocument } from "../api/types";
import { FormStore } from "./store";

const base = { section: "training", grid: true, level: "novice" as const, help: "", optional: false, fixed: false };
const settings: Setting[] = [
  { ...base, key: "general.problem", label: "Problem", type: "string", default: "Image", fixed: true },
  {
    ...base,
    key: "t.rate",
    label: "Learning rate",
    type: "float",
    default: 0.001,
    min: 0,
    max: 1,
    grid_values: [0.001, 0.003],
  },
  {
    ...base,
    key: "t.loss",
    label: "Loss",
    type: "enum",
    default: "bce",
    choices: [
      ["bce", "BCE"],
      ["focal", "Focal"],
    ],
  },
  {
    ...base,
    key: "t.gamma",
    label: "Gamma",
    type: "float",
    default: 2,
    visible_if: { all: [{ key: "t.loss", in: ["focal"] }] },
  },
  {
    ...base,
    key: "t.column",
    label: "Column",
    type: "column",
    default: "",
    grid: false,
    choices: [["label", "label"]],
  },
];
const document: SettingsDocument = {
  problem_type: "image_classification",
  title: "",
  model_type: null,
  version: 1,
  hash: "x",
  sections: [{ id: "training", title: "Training" }],
  settings,
  facts: {},
  values: { "t.column": "label" },
  suggested: [{ key: "t.rate", value: 0.003, default: 0.001, reason: "few rows" }],
};

describe("the form's store", () => {
  let store: FormStore;
  beforeEach(() => {
    store = new FormStore(document);
  });

  it("starts at the defaults with what the dataset decides, and calls neither a change", () => {
    expect(store.draft().settings).toEqual({ "t.rate": 0.001, "t.loss": "bce", "t.column": "label" });
    expect(store.changedKeys()).toEqual([]);
  });

  it("sends only what is shown and keeps hidden values for later", () => {
    store.set("t.loss", "focal");
    store.type("t.gamma", "3.5");
    store.set("t.loss", "bce");

    expect(store.draft().settings).not.toHaveProperty("t.gamma");

    store.set("t.loss", "focal");

    expect(store.draft().settings["t.gamma"]).toBe(3.5);
  });

  it("keeps what is typed while it is no number, as a problem", () => {
    store.type("t.rate", "1e");

    expect(store.current().texts["t.rate"]).toBe("1e");
    expect(store.problems().map((one) => one.key)).toEqual(["t.rate"]);
  });

  it("shows what depends on a setting if any of its several values shows it", () => {
    store.startSeveral("t.loss");
    store.setSeveral("t.loss", ["bce", "focal"]);

    expect(store.current().visible.has("t.gamma")).toBe(true);
    expect(store.draft().grid).toEqual({ "t.loss": ["bce", "focal"] });
  });

  it("offers the setting's own values first when several are tried, and refuses those out of range", () => {
    store.startSeveral("t.rate");

    expect(store.draft().grid).toEqual({ "t.rate": [0.001, 0.003] });

    store.typeSeveral("t.rate", "0.1, 7");

    expect(store.problem("t.rate")).toContain("at most 1");
  });

  it("uses suggestions, says which, and undoes them", () => {
    store.apply(document.suggested);

    expect(store.changedKeys()).toEqual(["t.rate"]);
    expect(store.current().applied["t.rate"]?.reason).toBe("few rows");

    store.undo(["t.rate"]);

    expect(store.draft().settings["t.rate"]).toBe(0.001);
    expect(store.current().applied).toEqual({});
  });

  it("does not suggest a value that is set already", () => {
    expect(store.openSuggestions()).toEqual(document.suggested);

    store.take({ "t.rate": 0.003 });

    expect(store.openSuggestions()).toEqual([]);
  });

  it("counts neither the name nor what the head of the form chooses as changed settings", () => {
    const named: Setting = { ...base, key: "general.experiment_name", label: "Name", type: "string", default: "" };
    const chosen: Setting = { ...base, key: "t.dataset", label: "Dataset", type: "string", default: "", head: true };
    const form = new FormStore({ ...document, settings: [...settings, named, chosen] });

    form.take({ "general.experiment_name": "mine", "t.dataset": "other", "t.rate": 0.5 });

    expect(form.changedKeys()).toEqual(["t.rate"]);
    expect(form.ownKeys()).toContain("general.experiment_name");
  });

  it("takes a suggestion out of use when another value is typed over it", () => {
    store.apply(document.suggested);
    store.type("t.rate", "0.5");

    expect(store.current().applied).toEqual({});
  });

  it("puts the server's findings at their fields until the value changes", () => {
    store.blame([
      {
        level: "error",
        code: "x",
        path: "t.rate",
        message: "Too high.",
        fix: "",
        found: "",
        expected: "",
        line: null,
        count: 1,
        rows: [],
        examples: [],
      },
    ]);

    expect(store.problem("t.rate")).toBe("Too high.");

    store.type("t.rate", "0.01");

    expect(store.problem("t.rate")).toBeNull();
  });

  it("shows what a check said until the next check, and may be started meanwhile", () => {
    const finding = { level: "error" as const, code: "x", path: "t.rate", message: "Too high.", fix: "", found: "" };
    const told = { ...finding, expected: "", line: null, count: 1, rows: [], examples: [] };
    let changes = 0;
    store.watch(() => changes++);

    store.showCheck([told]);
    store.showCheck([told]);

    expect(changes).toBe(1);
    expect(store.problem("t.rate")).toBe("Too high.");
    expect(store.mustChange()).toBe(false);
    expect(store.hasInvalidValues()).toBe(false);

    store.set("t.loss", "focal");
    expect(store.problem("t.rate")).toBe("Too high.");
    store.showCheck([]);
    expect(store.problem("t.rate")).toBeNull();
  });

  it("repeats itself after save and restore", () => {
    store.set("t.loss", "focal");
    store.type("t.rate", "bad");
    const other = new FormStore(document);

    other.restore(JSON.parse(JSON.stringify(store.save())));

    expect(other.current().values).toEqual(store.current().values);
    expect(other.problems()).toEqual(store.problems());
  });

  it("never offers fixed entries as settings", () => {
    expect(store.settings.has("general.problem")).toBe(false);
  });
});
