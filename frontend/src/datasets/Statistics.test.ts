import { describe, expect, it } from "vitest";
import type { ColumnProfile } from "../api/types";
import { channelWords, columnWords, intensityWords, placeWords, showsValues } from "./Statistics";

describe("channelWords", () => {
  it("says what is counted", () => {
    expect(channelWords({ "3": 200 })).toBe("3 channels: 200 images");
    expect(channelWords({ "1": 1, "3": 1200 })).toBe("1 channel: 1 image, 3 channels: 1,200 images");
  });
});

describe("placeWords", () => {
  it("says how far apart voxels lie and where the axes point, or that files are silent", () => {
    expect(placeWords({ median_spacing: [2.5, 0.75, 0.75], orientations: { LPS: 5, "": 1, RPI: 1 } })).toBe(
      "Median spacing 2.5 × 0.75 × 0.75 mm, depth first; orientation LPS: 5 volumes, RPI: 1 volume",
    );
    expect(placeWords({ median_spacing: [], orientations: { "": 3 } })).toBe(
      "The files do not say how far voxels lie apart.",
    );
  });
});

describe("intensityWords", () => {
  it("says where most values lie, where that is known", () => {
    expect(intensityWords({ percentiles: { "0.5": -1000, "99.5": 1250 } })).toBe(", 99% of them from -1,000 to 1,250");
    expect(intensityWords({ percentiles: {} })).toBe("");
  });
});

function column(values: Partial<ColumnProfile>): ColumnProfile {
  return {
    name: "c",
    kind: "text",
    missing: 0,
    distinct: 0,
    lowest: null,
    highest: null,
    mean: null,
    deviation: null,
    top: [],
    ...values,
  };
}

describe("columnWords", () => {
  it("gives lists their lengths, not distinct values", () => {
    const boxes = column({ kind: "list", lowest: 0, highest: 7, mean: 2.5 });
    expect(columnWords(boxes, 100)).toBe("0 to 7 elements in a list, mean 2.500, none empty");
    expect(columnWords(column({ kind: "list", lowest: 1, highest: 1, mean: 1 }), 9)).toBe(
      "1 element in every list, none empty",
    );
  });
  it("gives class codes counts without a mean, and measures one", () => {
    const codes = column({ kind: "integer", distinct: 3, lowest: 0, highest: 2, mean: 1.1 });
    expect(columnWords(codes, 90)).toBe("3 distinct, none empty");
    expect(columnWords({ ...codes, kind: "number" }, 90)).toBe("3 distinct, none empty · 0 to 2.000, mean 1.100");
  });
  it("says in words that a column has one value", () => {
    const constant = column({ kind: "number", distinct: 1, lowest: 4, highest: 4, mean: 4 });
    expect(columnWords(constant, 50)).toBe("The same value in every row");
    expect(columnWords({ ...constant, missing: 5 }, 50)).toContain("The same value in every row that has one, 5 empty");
  });
});

describe("showsValues", () => {
  it("leaves names of files out where each stands once", () => {
    expect(showsValues(column({ kind: "file", top: [["a.png", 1]] }))).toBe(false);
    expect(showsValues(column({ kind: "file", top: [["a.png", 4]] }))).toBe(true);
    expect(showsValues(column({ top: [["cat", 1]] }))).toBe(true);
  });
});
