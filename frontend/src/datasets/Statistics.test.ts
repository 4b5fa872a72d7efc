import { describe, expect, it } from "vitest";
import { channelWords, intensityWords, placeWords } from "./Statistics";

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
