import { describe, expect, it } from "vitest";
import { clockOf } from "./Recorder";
import { refusalOf } from "./use-microphone";
import { monoOf, wavOf } from "./wav";

describe("a recording as a file", () => {
  it("is a WAV of 16 bits whose samples are those that were recorded", async () => {
    const file = wavOf(Float32Array.from([0, 0.5, -1, 2]), 16_000);

    const data = new DataView(await file.arrayBuffer());
    const text = (place: number) => String.fromCharCode(...new Uint8Array(data.buffer, place, 4));
    expect([text(0), text(8), text(12), text(36)]).toEqual(["RIFF", "WAVE", "fmt ", "data"]);
    expect([data.getUint32(4, true), data.getUint32(24, true), data.getUint32(40, true)]).toEqual([44, 16_000, 8]);
    expect([44, 46, 48, 50].map((place) => data.getInt16(place, true))).toEqual([0, 16_384, -32_767, 32_767]);
  });

  it("has the mean of all channels", () => {
    expect([...monoOf([Float32Array.from([1, 0]), Float32Array.from([0, -1])])]).toEqual([0.5, -0.5]);
  });
});

describe("a microphone that cannot be used", () => {
  it.each([
    ["NotAllowedError", "Allow it in the address bar"],
    ["NotFoundError", "No microphone is connected"],
    ["NotReadableError", "another program"],
    ["SecurityError", "HTTPS"],
  ])("%s is told with what to do", (name, words) => {
    expect(refusalOf(new DOMException("", name))).toContain(words);
  });

  it("is timed in minutes and seconds", () => {
    expect([clockOf(5.9), clockOf(65)]).toEqual(["0:05", "1:05"]);
  });
});
