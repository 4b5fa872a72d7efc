import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { classColour, indexColour, runColour } from "./colours";

const TOKENS = readFileSync("src/ui/tokens.css", "utf8");

/** Hue in degrees and saturation of the run colours of both themes. */
function runHues(): { name: string; hue: number; saturation: number }[] {
  return [...TOKENS.matchAll(/--(run-\d): #(\w\w)(\w\w)(\w\w)/g)].map(([, name, ...parts]) => {
    const [red, green, blue] = parts.map((part) => parseInt(part, 16) / 255) as [number, number, number];
    const [high, low] = [Math.max(red, green, blue), Math.min(red, green, blue)];
    const span = high - low || 1;
    const sextant =
      high === red ? (green - blue) / span : high === green ? 2 + (blue - red) / span : 4 + (red - green) / span;
    return { name: name ?? "", hue: (sextant * 60 + 360) % 360, saturation: high === 0 ? 0 : (high - low) / high };
  });
}

describe("colours that tell things apart", () => {
  it("never show a run in red, orange or brown, which are those of a failure", () => {
    const hues = runHues();
    expect(hues).toHaveLength(16);
    for (const { name, hue, saturation } of hues)
      if (saturation > 0.2) expect({ name, isWarm: hue < 60 || hue > 340 }).toEqual({ name, isWarm: false });
  });

  it("are different for every class, however many there are", () => {
    const colours = Array.from({ length: 60 }, (_, i) => indexColour(i));
    expect(new Set(colours).size).toBe(60);
  });

  it("follow the place of a class in the list, wherever it is shown", () => {
    const classes = Array.from({ length: 12 }, (_, i) => `class ${i}`);
    expect(classColour("class 11", classes)).toBe(indexColour(11));
    expect(runColour(9)).toBe(runColour(1));
  });
});
