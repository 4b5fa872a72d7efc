import { MantineProvider } from "@mantine/core";
import { fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import type { Instance, SampleView } from "../api/types";
import { ImageOverlay } from "./ImageOverlay";
import { drawn, instanceColour, instanceWords } from "./instances";
import { bitmapOf, filledPath, outlinePath, regionOf } from "./masks";
import { FULL_OVERLAY, type Overlay } from "./overlay";
import { SampleControls } from "./SampleControls";
import { SampleFacts } from "./SampleFacts";

const one = (label: string, runs: string, more: Partial<Instance> = {}): Instance => ({
  label,
  runs,
  score: null,
  match: null,
  iou: null,
  ...more,
});

function sampleOf(truth: Instance[] | null, prediction: Instance[] | null): SampleView {
  const side = (instances: Instance[] | null) =>
    instances && ({ kind: "instances", width: 4, height: 3, instances } as const);
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

const part = (sample: SampleView, overlay: Partial<Overlay> = {}) => ({
  sample,
  source: () => "/a.png",
  classNames: ["cat", "dog"],
  overlay: { ...FULL_OVERLAY, ...overlay },
});

function overlaid(sample: SampleView, overlay: Partial<Overlay> = {}): HTMLElement {
  return render(
    <MantineProvider>
      <ImageOverlay {...part(sample, overlay)} size="full" withLabels />
    </MantineProvider>,
  ).container;
}

describe("regions of run lengths", () => {
  it.each(["2 2 7 1", "1 12", "5 1", "3 2", ""])("draw what the whole grid draws: %s", (runs) => {
    const [region, whole] = [regionOf(runs, 4, 3), bitmapOf(runs, 4, 3)];

    expect(filledPath(region)).toBe(filledPath(whole));
    expect([...outlinePath(region).matchAll(/M/g)]).toHaveLength([...outlinePath(whole).matchAll(/M/g)].length);
  });

  it("are as small as the object, and harmless where numbers mean harm", () => {
    expect(regionOf("5 1", 4, 3)).toMatchObject({ left: 1, top: 1, width: 1, height: 1 });
    expect(regionOf("11 99999999999 -5 3 x 4", 4, 3)).toMatchObject({ left: 3, top: 1, width: 1, height: 2 });
  });

  it("of five hundred instances of a large image take moments", () => {
    const instances = Array.from({ length: 500 }, (_, n) => {
      const column = 40 * (n % 25);
      const runs = Array.from({ length: 30 }, (_, x) => `${(column + x) * 1024 + 45 * Math.floor(n / 25) + 1} 40`);
      return one("cell", runs.join(" "));
    });
    const began = performance.now();

    const shapes = drawn(instances, 1024, 1024);

    expect(shapes).toHaveLength(500);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

describe("instances", () => {
  it("are filled where they are predicted and outlined where they are true", () => {
    const container = overlaid(sampleOf([one("cat", "1 2")], [one("cat", "1 3", { score: 0.9 })]));

    expect(container.querySelectorAll("[data-instance]")).toHaveLength(1);
    expect(container.querySelectorAll("path[stroke-width]")).toHaveLength(2);
    expect(container.querySelector("[data-instance]")?.parentElement?.getAttribute("transform")).toBe("scale(2 2)");
  });

  it("are told apart within a class, by class, or by how they match", () => {
    const [a, b] = drawn([one("cat", "1 2"), one("cat", "7 2", { match: "false_positive" })], 4, 3);

    expect(instanceColour(a!, "instance", [])).not.toBe(instanceColour(b!, "instance", []));
    expect(instanceColour(a!, "class", ["cat"])).toBe(instanceColour(b!, "class", ["cat"]));
    expect(instanceColour(b!, "match", [])).toBe("var(--failed)");
  });

  it("below the confidence are not drawn and not counted", () => {
    const sample = sampleOf(null, [one("cat", "1 2", { score: 0.9 }), one("dog", "7 3", { score: 0.2 })]);

    expect(overlaid(sample, { confidence: 0.5 }).querySelectorAll("[data-instance]")).toHaveLength(1);
    render(
      <MantineProvider>
        <SampleFacts {...part(sample, { confidence: 0.5 })} />
      </MantineProvider>,
    );
    expect(screen.getByRole("heading", { name: "Prediction, 1" })).toBeInTheDocument();
  });

  it("say their class, confidence and match under the pointer", () => {
    const found = one("cat", "1 2", { score: 0.93, match: "correct", iou: 0.8123 });
    const container = overlaid(sampleOf([one("cat", "1 2", { match: "correct" })], [found]));

    fireEvent.pointerEnter(container.querySelector("[data-instance]")!);
    expect(container.querySelector("[data-instance-label]")?.textContent).toBe(instanceWords(found));
    expect(instanceWords(found)).toBe("cat 93 %, ✓ correct, IoU 0.8123");
    fireEvent.pointerLeave(container.querySelector("[data-instance]")!);
    expect(container.querySelector("[data-instance-label]")).toBeNull();
  });

  it("are coloured by match on demand, where there are two sides", () => {
    const onOverlay = vi.fn();
    const compared = sampleOf([one("cat", "1 2")], [one("cat", "1 2", { score: 1 })]);
    const controls = (sample: SampleView) => (
      <MantineProvider>
        <SampleControls samples={[sample]} overlay={FULL_OVERLAY} onOverlay={onOverlay} />
      </MantineProvider>
    );
    const { rerender } = render(controls(compared));

    fireEvent.click(screen.getByRole("radio", { name: "Match" }));

    expect(onOverlay).toHaveBeenCalledWith({ ...FULL_OVERLAY, colourBy: "match" });
    rerender(controls(sampleOf([one("cat", "1 2")], null)));
    expect(screen.queryByRole("radio", { name: "Match" })).toBeNull();
  });
});
