import { MantineProvider } from "@mantine/core";
import { render, screen, within } from "@testing-library/react";
import type { ReactNode } from "react";
import { describe, expect, it, test } from "vitest";
import type { Annotation, Box, Neighbour, SampleView } from "../api/types";
import { AnswerLines } from "./AnswerLines";
import { ImageOverlay } from "./ImageOverlay";
import { FULL_OVERLAY, type Overlay } from "./overlay";
import { filterWords, RENDERERS, textsOf } from "./registry";
import type { AnnotationOf, Kind } from "./renderer";
import { SampleCard } from "./SampleCard";
import { SampleControls } from "./SampleControls";
import { SampleFacts } from "./SampleFacts";

const IMAGE = {
  kind: "image",
  origin: "dataset",
  path: "query.png",
  width: 64,
  height: 64,
  depth: null,
  spacing: null,
  orientation: "",
  seconds: null,
} as const;
/** One of every kind: the compiler asks for it when the server's document has another. */
const EMPTY: { [K in Kind]: AnnotationOf<K> } = {
  labels: { kind: "labels", labels: [] },
  values: { kind: "values", values: {} },
  boxes: { kind: "boxes", boxes: [] },
  masks: { kind: "masks", width: null, height: null, depth: null, masks: [] },
  instances: { kind: "instances", width: null, height: null, instances: [] },
  spans: { kind: "spans", spans: [], answer: null },
  text: { kind: "text", text: "", marks: [] },
  transcript: { kind: "transcript", text: "", words: [], shown_seconds: null },
  neighbours: { kind: "neighbours", neighbours: [] },
};
const NEWER = { kind: "smell", smells: ["rose"] } as unknown as Annotation;

function sampleOf(part: Partial<SampleView>): SampleView {
  return {
    row: 7,
    title: "query.png",
    media: IMAGE,
    truth: null,
    prediction: null,
    loss: null,
    scores: {},
    note: "",
    texts: [],
    heatmap: null,
    ...part,
  };
}

function boxOf(part: Partial<Box>): Box {
  return { x_min: 0, y_min: 0, x_max: 9, y_max: 9, label: "cat", score: null, match: null, ...part };
}

function neighbourOf(row: number, part: Partial<Neighbour> = {}): Neighbour {
  const media = { ...IMAGE, path: `near-${row}.png` };
  return { row, text: "", label: "a", similarity: 0.9, is_match: true, media, ...part };
}

function show(children: ReactNode): HTMLElement {
  return render(<MantineProvider>{children}</MantineProvider>).container;
}

const partOf = (sample: SampleView, overlay: Overlay = FULL_OVERLAY) => ({
  sample,
  source: (media: { path: string }) => `/media/${media.path}`,
  classNames: ["a", "b", "cat", "dog"],
  overlay,
});

function card(sample: SampleView, overlay?: Overlay): HTMLElement {
  return show(<SampleCard {...partOf(sample, overlay)} onOpen={() => undefined} />);
}

describe("the registry", () => {
  it("has a renderer for every kind of annotation that the server writes", () => {
    expect(Object.keys(RENDERERS).sort()).toEqual(Object.keys(EMPTY).sort());
  });

  it("says so plainly where a newer server sends a kind that this page does not know", () => {
    const sample = sampleOf({ truth: NEWER, prediction: NEWER, loss: 0.5 });

    card(sample);
    show(<SampleFacts {...partOf(sample)} />);

    expect(screen.getAllByText("This version of the page cannot show “smell”.")).toHaveLength(2);
    expect(screen.getByText("loss 0.5000")).toBeInTheDocument();
    expect(screen.getAllByAltText("query.png")).toHaveLength(1);
  });

  test.each(Object.entries(EMPTY))("draws %s where nothing is true and nothing predicted", (_, empty) => {
    for (const sides of [{ truth: empty }, { prediction: empty }, { truth: empty, prediction: empty }]) {
      const sample = sampleOf(sides);
      show(
        <>
          <AnswerLines {...partOf(sample)} />
          <SampleFacts {...partOf(sample)} />
          <ImageOverlay {...partOf(sample)} size={256} />
          <SampleControls samples={[sample]} overlay={FULL_OVERLAY} onOverlay={() => undefined} />
        </>,
      );
      expect(textsOf(sample).every((block) => block.text === "")).toBe(true);
    }
  });

  it("offers a confidence for boxes alone, and names filters by what is filtered", () => {
    const boxes = sampleOf({ prediction: { kind: "boxes", boxes: [boxOf({ score: 0.4 })] } });
    const labels = sampleOf({ prediction: { kind: "labels", labels: [{ label: "a", score: 1 }] } });
    const controls = (samples: SampleView[]) =>
      show(<SampleControls samples={samples} overlay={FULL_OVERLAY} onOverlay={() => undefined} />);

    expect(controls([labels]).querySelector("[role=slider]")).toBeNull();
    expect(controls([boxes, labels]).querySelectorAll("[role=slider]")).toHaveLength(1);
    const similar = sampleOf({ prediction: { kind: "neighbours", neighbours: [] } });
    expect(filterWords([similar]).right).toBe("Same label");
    expect(filterWords([]).right).toBe("Correct");
  });
});

describe("boxes", () => {
  const truth: Annotation = { kind: "boxes", boxes: [boxOf({ match: "false_negative" }), boxOf({ match: "correct" })] };
  const prediction: Annotation = {
    kind: "boxes",
    boxes: [
      boxOf({ score: 0.9, match: "correct" }),
      boxOf({ score: 0.8, match: "wrong_class" }),
      boxOf({ score: 0.2, match: "false_positive" }),
    ],
  };

  it("are counted from the confidence on, in the field's words", () => {
    card(sampleOf({ truth, prediction }), { ...FULL_OVERLAY, confidence: 0.5 });

    expect(screen.getByText("2 objects")).toBeInTheDocument();
    expect(screen.getByText("2 predicted")).toBeInTheDocument();
    expect(screen.getByText("1 false negative, 1 wrong class")).toBeInTheDocument();
  });

  it("are drawn over the image: truth solid, prediction dashed", () => {
    const container = show(<ImageOverlay {...partOf(sampleOf({ truth, prediction }))} size="full" withLabels />);

    expect(container.querySelectorAll("rect[stroke-dasharray]")).toHaveLength(3);
    expect(container).toHaveTextContent("cat 90 %");
  });
});

describe("neighbours", () => {
  const prediction: Annotation = {
    kind: "neighbours",
    neighbours: [
      neighbourOf(1, { similarity: 0.98765 }),
      neighbourOf(2, { label: "b", is_match: false }),
      neighbourOf(3),
      neighbourOf(4),
    ],
  };
  const sample = sampleOf({ truth: { kind: "labels", labels: [{ label: "a", score: null }] }, prediction });

  it("of an image are the three most similar images on a card, framed where they match", () => {
    const container = card(sample);

    const images = [...container.querySelectorAll<HTMLImageElement>("[data-match] img")];
    expect(images.map((one) => one.getAttribute("src"))).toEqual([1, 2, 3].map((row) => `/media/near-${row}.png`));
    expect(images.map((one) => one.parentElement?.dataset.match)).toEqual(["true", "false", "true"]);
    expect(screen.getByText("0.988")).toBeInTheDocument();
    expect(screen.getByText("3 of 4 nearest have its label")).toBeInTheDocument();
  });

  it("are all there beside a large sample, with label, similarity and whether they match", () => {
    show(<SampleFacts {...partOf(sample)} />);

    const [first, second, ...others] = screen.getAllByRole("listitem");
    expect(others).toHaveLength(2);
    expect(first).toHaveTextContent("Same label0.988a");
    expect(second).toHaveTextContent("Other label0.900b");
    expect(within(second as HTMLElement).getByAltText("Row 2, b")).toBeInTheDocument();
  });

  it("of a text come with their words", () => {
    const texts = [{ name: "Text", text: "query", marks: [], is_cut: false }];
    const near = neighbourOf(3, { text: "near words", media: null });
    const read = sampleOf({ media: null, texts, prediction: { kind: "neighbours", neighbours: [near] } });

    show(<SampleFacts {...partOf(read)} />);

    expect(screen.getByRole("listitem")).toHaveTextContent("near words");
    expect(screen.queryByRole("img")).toBeNull();
  });

  it("of unknown labels claim no match", () => {
    const unknown = { kind: "neighbours" as const, neighbours: [neighbourOf(5, { label: "", is_match: null })] };

    const container = card(sampleOf({ prediction: unknown }));

    expect(container.querySelector("[data-match]")).toBeNull();
    expect(screen.getByText("1 nearest row")).toBeInTheDocument();
  });
});

describe("values", () => {
  const sample = sampleOf({
    truth: { kind: "values", values: { diameter: 76.6 } },
    prediction: { kind: "values", values: { diameter: 44.03 } },
  });

  it("of an image are predicted, true, and their difference with its sign", () => {
    card(sample);

    expect(screen.getByText("44.03")).toBeInTheDocument();
    expect(screen.getByText("true 76.60")).toBeInTheDocument();
    expect(screen.getByText("−32.57")).toBeInTheDocument();
  });

  it("stand in a table beside a large sample", () => {
    show(<SampleFacts {...partOf(sample)} />);

    const cells = within(screen.getByRole("table")).getAllByRole("cell");
    expect(cells.map((cell) => cell.textContent)).toEqual(["44.03", "76.60", "−32.57"]);
  });
});
