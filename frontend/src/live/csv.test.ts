import { describe, expect, it } from "vitest";

import { csvCell, csvText } from "./csv";

describe("csv", () => {
  it("guards what a spreadsheet would run, and leaves plain numbers", () => {
    for (const text of ["=1+1", "+cmd", "-2+3", "@SUM", " =1", "＝1+1", "\t=1", "\u3000＠x", "-"])
      expect(csvCell(text)).toMatch(/^"?'/);
    for (const text of ["-1", "+3.5e-2", "-12%", ".5", "-.5", "a=b", "cat", ""]) expect(csvCell(text)).toBe(text);
  });

  it("quotes separators and ends of lines", () => {
    expect(
      csvText([
        ["Step", 'a "b", c'],
        [1, null],
        [2, 0.5],
      ]),
    ).toBe('Step,"a ""b"", c"\n1,\n2,0.5\n');
  });
});
