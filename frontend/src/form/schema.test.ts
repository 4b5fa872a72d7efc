import { describe, expect, it, test } from "vitest";
import cases from "../../../tests/settings/condition_cases.json";
import type { Condition, Setting, SettingValues } from "../api/types";
import { holds, isSame, parseNumber, parseSeveral, problemOf, showValue, visibleKeys } from "./schema";

describe("conditions, the same cases as in Python", () => {
  test.each(cases as unknown as { name: string; rule: Condition; values: SettingValues; expected: boolean }[])(
    "$name",
    ({ rule, values, expected }) => {
      expect(holds(rule, values)).toBe(expected);
    },
  );
});

describe("visible settings", () => {
  const rules = {
    loss: null,
    gamma: { all: [{ key: "loss", in: ["focal"] }] },
    schedule: { all: [{ key: "gamma", gt: 1 }] },
  };

  it("hides what depends on a hidden setting", () => {
    expect(visibleKeys(rules, { loss: "dice", gamma: 2 })).toEqual(new Set(["loss"]));
  });

  it("shows the whole chain when its first condition holds", () => {
    expect(visibleKeys(rules, { loss: "focal", gamma: 2 })).toEqual(new Set(["loss", "gamma", "schedule"]));
  });

  it("ends on rules that depend on each other", () => {
    const circle = { a: { all: [{ key: "b", in: [1] }] }, b: { all: [{ key: "a", in: [1] }] } };

    expect(visibleKeys(circle, { a: 1, b: 1 })).toEqual(new Set(["a", "b"]));
  });

  it("looks at facts that are no settings", () => {
    expect(visibleKeys({ gpus: { all: [{ key: "machine.gpu_count", gt: 0 }] } }, { "machine.gpu_count": 0 })).toEqual(
      new Set(),
    );
  });
});

describe("numbers as typed", () => {
  test.each([
    ["3e-4", 0.0003],
    ["1", 1],
    [" 0.5 ", 0.5],
    [".5", 0.5],
    ["-2", -2],
    ["1E3", 1000],
  ])("%s is a number", (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  test.each(["", "abc", "1,5", "0x10", "1e", "--1", "Infinity", "NaN"])("%s is none", (text) => {
    expect(parseNumber(text)).toBeNull();
  });

  it("takes several values and ranges with both ends", () => {
    expect(parseSeveral("1e-4, 3e-4").values).toEqual([0.0001, 0.0003]);
    expect(parseSeveral("0:1:0.25").values).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(parseSeveral("1:3").values).toEqual([1, 2, 3]);
  });

  it("names the part that is no number", () => {
    expect(parseSeveral("1, two, 3").problem).toContain("two");
    expect(parseSeveral("").problem).not.toBeNull();
    expect(parseSeveral("3:1").problem).toContain("3:1");
  });

  it("says how long a range is that is too long", () => {
    expect(parseSeveral("0:1:0.0001").problem).toContain("“0:1:0.0001” has 10,001 values");
    expect(parseSeveral("1:1e12:1").problem).toContain("at most 200");
    expect(parseSeveral("1:200").problem).toBeNull();
  });
});

describe("one value", () => {
  const rate: Setting = {
    key: "training.rate",
    label: "Rate",
    section: "training",
    type: "float",
    default: 0.1,
    min: 0,
    max: 1,
    exclusive_min: true,
    grid: true,
    level: "novice",
    help: "",
    optional: false,
    fixed: false,
  };

  it("keeps to the limits, open and closed", () => {
    expect(problemOf(rate, 0)).toContain("above 0");
    expect(problemOf(rate, 1)).toBeNull();
    expect(problemOf(rate, 1.1)).toContain("at most 1");
    expect(problemOf(rate, "fast")).toContain("fast");
  });

  it("may be empty only where None is a value", () => {
    expect(problemOf(rate, null)).toContain("needs a value");
    expect(problemOf({ ...rate, optional: true }, null)).toBeNull();
  });

  it("tells false, zero and missing apart", () => {
    expect(isSame(false, 0)).toBe(false);
    expect(isSame(null, 0)).toBe(false);
    expect(isSame(null, undefined)).toBe(true);
    expect([false, 0, null].map((value) => showValue(undefined, value))).toEqual(["Off", "0", "None"]);
  });
});
