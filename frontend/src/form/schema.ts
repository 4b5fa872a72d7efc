import type { Condition, ConditionTest, ExperienceLevel, Setting, SettingValue, SettingValues } from "../api/types";
import { formatSettingNumber } from "../ui/format";

/** Pure rules of the form. Conditions are the twins of `studio/settings/condition.py`; both run `tests/settings/condition_cases.json`. */

export const LEVELS: ExperienceLevel[] = ["novice", "skilled", "expert", "master"];

/** Whether a rule itself is met; what it depends on may still be hidden. */
export function holds(rule: Condition, values: SettingValues): boolean {
  const all = rule.all ?? [];
  const any = rule.any ?? [];
  return (
    all.every((test) => testHolds(test, values)) && (any.length === 0 || any.some((test) => testHolds(test, values)))
  );
}

function testHolds(test: ConditionTest, values: SettingValues): boolean {
  const found = values[test.key] ?? null;
  if (test.in) return test.in.some((one) => isSame(found, one));
  if (test.not_in) return !test.not_in.some((one) => isSame(found, one));
  if (typeof test.lt === "number") return typeof found === "number" && found < test.lt;
  if (typeof test.gt === "number") return typeof found === "number" && found > test.gt;
  if (typeof test.longer === "number") return Array.isArray(found) && found.length > test.longer;
  if (typeof test.contains === "string") return typeof found === "string" && found.includes(test.contains);
  if (typeof test.not_contains === "string") return !(typeof found === "string" && found.includes(test.not_contains));
  return false;
}

/** The settings that are shown: their own rule holds, and everything it depends on is shown too. */
export function visibleKeys(rules: Record<string, Condition | null | undefined>, values: SettingValues): Set<string> {
  const known = new Map<string, boolean>();
  const isVisible = (key: string, seen: string[]): boolean => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const rule = rules[key];
    const parents = rule ? keysOf(rule).filter((other) => other in rules && !seen.includes(other)) : [];
    const isShown = !rule || (holds(rule, values) && parents.every((other) => isVisible(other, [...seen, key])));
    known.set(key, isShown);
    return isShown;
  };
  return new Set(Object.keys(rules).filter((key) => isVisible(key, [key])));
}

function keysOf(rule: Condition): string[] {
  return [...new Set([...(rule.all ?? []), ...(rule.any ?? [])].map((test) => test.key))];
}

export function isSame(left: SettingValue | undefined, right: SettingValue | undefined): boolean {
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((one, i) => one === right[i]);
  return (left ?? null) === (right ?? null);
}

/** A number as typed ("3e-4", "0,5" is refused), or null when it is none. */
export function parseNumber(text: string): number | null {
  const trimmed = text.trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : null;
}

/** Several values as typed: "1e-4, 3e-4" or "start:stop:step" (both ends included). Names the first bad part. */
export function parseSeveral(text: string): { values: number[]; problem: string | null } {
  const values = new Set<number>();
  const parts = text.split(",").map((one) => one.trim());
  for (const part of parts.filter((one) => one !== "")) {
    const range = part.includes(":") ? parseRange(part) : oneNumber(part);
    const problem = rangeProblem(part, range);
    if (range === null || problem !== null) return { values: [...values], problem };
    for (let i = 0; i < range.count; i++) values.add(Number((range.start + i * range.step).toPrecision(12)));
  }
  return { values: [...values], problem: values.size === 0 ? "Type at least one value." : null };
}

type NumberRange = { start: number; step: number; count: number };

const RANGE_LIMIT = 200;

function parseRange(text: string): NumberRange | null {
  const parts = text.split(":").map(parseNumber);
  const [start, stop, step = 1] = parts as [number, number, number];
  if (parts.length < 2 || parts.length > 3 || parts.includes(null) || step <= 0 || stop < start) return null;
  return { start, step, count: Math.floor((stop - start) / step + 1e-9) + 1 };
}

function oneNumber(text: string): NumberRange | null {
  const number = parseNumber(text);
  return number === null ? null : { start: number, step: 0, count: 1 };
}

function rangeProblem(part: string, range: NumberRange | null): string | null {
  if (range === null) return `“${part}” is not a number or start:stop:step.`;
  if (range.count <= RANGE_LIMIT) return null;
  const count = range.count.toLocaleString("en");
  return `“${part}” has ${count} values. A range can have at most ${RANGE_LIMIT}: take a larger step.`;
}

/** What is wrong with one value, in words, or null. Python decides in the end; this is for comfort. */
export function problemOf(setting: Setting, value: SettingValue | undefined): string | null {
  if (value === null || value === undefined || value === "")
    return setting.optional || isFreeText(setting) ? null : `${setting.label} needs a value.`;
  if (setting.type === "int" || setting.type === "float") return numberProblem(setting, value);
  if (
    setting.type === "enum" &&
    setting.choices &&
    !setting.free &&
    !setting.choices.some(([choice]) => isSame(choice, value))
  ) {
    return `${setting.label} has no choice “${String(value)}”.`;
  }
  return null;
}

function isFreeText(setting: Setting): boolean {
  return (
    setting.type === "string" ||
    setting.type === "text" ||
    setting.type === "secret" ||
    setting.type === "tags" ||
    setting.type === "multi"
  );
}

function numberProblem(setting: Setting, value: SettingValue): string | null {
  if (typeof value !== "number") return `“${String(value)}” is not a number.`;
  if (setting.type === "int" && !Number.isInteger(value)) return `${setting.label} takes whole numbers.`;
  const { min, max } = setting;
  if (typeof min === "number" && (setting.exclusive_min ? value <= min : value < min))
    return `${setting.label} must be ${setting.exclusive_min ? "above" : "at least"} ${formatSettingNumber(min)}.`;
  if (typeof max === "number" && (setting.exclusive_max ? value >= max : value > max))
    return `${setting.label} must be ${setting.exclusive_max ? "below" : "at most"} ${formatSettingNumber(max)}.`;
  return null;
}

/** A value in words, as in lists of changes. */
export function showValue(setting: Setting | undefined, value: SettingValue | undefined): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "On" : "Off";
  if (setting?.type === "text" && typeof value === "string" && value.includes("\n"))
    return `${value.trim().split("\n").length} lines`;
  if (setting?.type === "secret") return value === "" ? "empty" : "••••";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map((one) => showValue(setting, one)).join(", ");
  const words = setting?.choices?.find(([choice]) => isSame(choice, value))?.[1];
  if (words !== undefined) return words;
  return typeof value === "number" ? formatSettingNumber(value) : value === "" ? "empty" : value;
}
