import { describe, expect, it } from "vitest";
import { channelWords } from "./Statistics";

describe("channelWords", () => {
  it("says what is counted", () => {
    expect(channelWords({ "3": 200 })).toBe("3 channels: 200 images");
    expect(channelWords({ "1": 1, "3": 1200 })).toBe("1 channel: 1 image, 3 channels: 1,200 images");
  });
});
