import { describe, expect, it, test } from "vitest";
import {
  formatAge,
  formatBytes,
  formatDifference,
  formatDuration,
  formatInterval,
  formatMetric,
  formatRoughDuration,
  formatSettingNumber,
  plural,
} from "./format";

describe("figures as people read them", () => {
  test.each([
    [0.83125, "0.8313"],
    [1234.5, "1,235"],
    [0, "0"],
    [0.00012, "1.2e-4"],
    [null, "–"],
    [NaN, "–"],
    [Infinity, "∞"],
    [1, "1.000"],
  ])("metric %s", (value, text) => {
    expect(formatMetric(value)).toBe(text);
  });

  test.each([
    [[0.9123, 0.94], "0.912 to 0.940"],
    [[-0.25, 12.345], "-0.250 to 12.3"],
    [[0, 1], "0 to 1.00"],
  ])("interval %s", (interval, text) => {
    expect(formatInterval(interval)).toBe(text);
  });

  test.each([
    [0.25, "+0.2500"],
    [-32.57, "−32.57"],
    [0, "0"],
    [null, "–"],
  ])("difference %s", (value, text) => {
    expect(formatDifference(value)).toBe(text);
  });

  test.each([
    [0, "0 bytes"],
    [1536, "1.5 KB"],
    [3 * 1024 ** 3, "3.0 GB"],
  ])("%s bytes", (value, text) => {
    expect(formatBytes(value)).toBe(text);
  });

  test.each([
    [0.25, "250 ms"],
    [42, "42 s"],
    [95, "1 min 35 s"],
    [4330, "1 h 12 min"],
    [null, "–"],
  ])("%s seconds", (value, text) => {
    expect(formatDuration(value)).toBe(text);
  });

  it("leaves all but the largest unit out where there is little room", () => {
    expect([4330, 59, 60, 5400, 200_000].map(formatRoughDuration)).toEqual(["1 h", "59 s", "1 min", "2 h", "2 d"]);
  });

  it("writes learning rates the short way", () => {
    expect([0.0003, 0.1, 1e-8, 30].map(formatSettingNumber)).toEqual(["3e-4", "0.1", "1e-8", "30"]);
  });

  it("counts and ages", () => {
    expect([plural(1, "run"), plural(3, "run"), formatAge(1000, 1180)]).toEqual(["1 run", "3 runs", "3 min ago"]);
  });
});
