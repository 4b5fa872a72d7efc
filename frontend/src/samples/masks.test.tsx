import { MantineProvider } from "@mantine/core";
import { fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import type { Mask, SampleView } from "../api/types";
import { ImageOverlay } from "./ImageOverlay";
import { areaOf, bitmapOf, filledPath, outlinePath } from "./masks";
import { FULL_OVERLAY, type Overlay } from "./overlay";
import { SampleControls } from "./SampleControls";
import { SampleFacts } from "./SampleFacts";

const maskOf = (label: string, runs: string, iou: number | null = null): Mask => ({ label, runs, iou });

function sampleOf(truth: Mask[] | null, prediction: Mask[] | null, grid: number | null = 4): SampleView {
  const side = (masks: Mask[] | null) =>
    masks && ({ kind: "masks", width: grid, height: grid === null ? null : 3, depth: null, masks } as const);
  return {
    row: 1,
    title: "a.png",
    media: { kind: "image", origin: "dataset", path: "a.png", width: 8, height: 6 } as SampleView["media"],
    truth: side(truth),
    prediction: side(prediction),
    loss: null,
    scores: {},
    note: "",
    texts: [],
    heatmap: null,
  };
}

function overlaid(sample: SampleView, overlay: Partial<Overlay> = {}): HTMLElement {
  return render(
    <MantineProvider>
      <ImageOverlay
        sample={sample}
        source={() => "/a.png"}
        classNames={["cat", "dog"]}
        overlay={{ ...FULL_OVERLAY, ...overlay }}
        size="full"
      />
    </MantineProvider>,
  ).container;
}

describe("run lengths", () => {
  it("are counted down the columns from 1", () => {
    const { pixels } = bitmapOf("2 2 7 1", 4, 3);

    expect([...pixels]).toEqual([0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
    expect(areaOf("2 2 7 1")).toBe(3);
    expect(areaOf("")).toBe(0);
  });

  it("that do not fit are cut, and those of one who means harm take no time", () => {
    const { pixels } = bitmapOf("11 99999999999 -5 3 x 4", 4, 3);

    expect([...pixels]).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it("become rectangles and a border", () => {
    const bitmap = bitmapOf("1 2 4 2", 4, 3);

    expect(filledPath(bitmap)).toBe("M0 0H2V2H0Z");
    expect(outlinePath(bitmap)).toBe("M0 0H2M0 2H2M0 0V2M2 0V2");
    expect(filledPath(bitmapOf("1 12", 4, 3))).toBe("M0 0H4V3H0Z");
    expect(filledPath(bitmapOf("", 4, 3))).toBe("");
  });
});

describe("masks", () => {
  it("show where prediction and truth differ, on demand and where there are both", () => {
    const both = sampleOf([maskOf("cat", "1 2")], [maskOf("cat", "2 2", 0.33)]);
    const shown = overlaid(both, { showsDifference: true });
    const unlabeled = overlaid(sampleOf(null, [maskOf("cat", "2 2")]), { showsDifference: true });

    const paths = [...shown.querySelectorAll("[data-difference]")];
    expect(paths.map((path) => path.getAttribute("d"))).toEqual(["M0 1H1V2H0Z", "M0 0H1V1H0Z", "M0 2H1V3H0Z", ""]);
    expect(shown.querySelectorAll("[data-mask]")).toHaveLength(0);
    expect(unlabeled.querySelectorAll("[data-mask]")).toHaveLength(1);
  });

  it("are filled where they are predicted and outlined where they are true", () => {
    const container = overlaid(sampleOf([maskOf("cat", "1 2")], [maskOf("cat", "1 3", 0.66)]));
    const [predicted, truth] = [...container.querySelectorAll("[data-mask]")];

    expect(predicted?.querySelectorAll("path[fill-opacity]")).toHaveLength(1);
    expect(predicted?.querySelectorAll("path[stroke-width]")).toHaveLength(0);
    expect(truth?.querySelectorAll("path[fill-opacity]")).toHaveLength(0);
    expect(truth?.querySelectorAll("path[stroke-width]")).toHaveLength(2);
    expect(truth?.getAttribute("transform")).toBe("scale(2 2)");
  });

  it("are filled in a dataset, on the grid of the image where they have none of their own", () => {
    const container = overlaid(sampleOf([maskOf("cat", "1 2"), maskOf("dog", "7 3")], null, null), { opacity: 0.8 });

    const filled = [...container.querySelectorAll("path[fill-opacity]")];
    expect(filled.map((one) => one.getAttribute("fill-opacity"))).toEqual(["0.8", "0.8"]);
    expect(container.querySelector("[data-mask=dog]")?.getAttribute("transform")).toBe("scale(1 1)");
    expect(filled[1]?.getAttribute("d")).toBe("M1 0H2V3H1Z");
  });

  it("of a class are hidden by its button", () => {
    const sample = sampleOf([maskOf("cat", "1 2"), maskOf("dog", "7 3")], null);
    const onOverlay = vi.fn();
    render(
      <MantineProvider>
        <SampleControls samples={[sample]} overlay={FULL_OVERLAY} onOverlay={onOverlay} />
      </MantineProvider>,
    );

    fireEvent.click(screen.getByRole("button", { name: "dog" }));

    expect(onOverlay).toHaveBeenCalledWith({ ...FULL_OVERLAY, hiddenClasses: ["dog"] });
    expect(overlaid(sample, { hiddenClasses: ["dog"] }).querySelector("[data-mask=dog]")).toBeNull();
    expect(screen.getByRole("slider", { name: "Opacity" })).toBeInTheDocument();
  });

  it("are told by share and overlap, a class that is missed with 0", () => {
    const sample = sampleOf([maskOf("cat", "1 6"), maskOf("dog", "7 3")], [maskOf("cat", "1 3", 0.5)]);
    const part = { sample, source: () => "", classNames: ["cat", "dog"], overlay: FULL_OVERLAY };
    render(
      <MantineProvider>
        <SampleFacts {...part} />
      </MantineProvider>,
    );

    const rows = screen.getAllByRole("row").map((row) => row.textContent);
    expect(rows).toEqual(["ClassTruthPredictionIoU", " cat50.0 %25.0 %0.5000", " dog25.0 %0.0 %0"]);
  });
});
