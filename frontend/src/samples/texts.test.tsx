import { MantineProvider } from "@mantine/core";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { describe, expect, it } from "vitest";
import type { Annotation, SampleView, TextBlock, TextSpan } from "../api/types";
import { FULL_OVERLAY } from "./overlay";
import { SampleCard } from "./SampleCard";
import { SampleFacts } from "./SampleFacts";
import { TextBlocks } from "./TextBlocks";

function sampleOf(part: Partial<SampleView>): SampleView {
  return {
    row: 7,
    title: "Row 7",
    media: null,
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

function blockOf(text: string, part: Partial<TextBlock> = {}): TextBlock {
  return { name: "Text", text, marks: [], is_cut: false, ...part };
}

function spansOf(...spans: Partial<TextSpan>[]): Annotation {
  return {
    kind: "spans",
    answer: null,
    spans: spans.map((one) => ({ block: 0, start: 0, end: 0, label: "", score: null, match: null, ...one })),
  };
}

function show(children: ReactNode): HTMLElement {
  return render(<MantineProvider>{children}</MantineProvider>).container;
}

function showBlocks(...texts: TextBlock[]): HTMLElement {
  return showTexts({ texts });
}

function showTexts(part: Partial<SampleView>): HTMLElement {
  return show(<TextBlocks sample={sampleOf(part)} classNames={["LOC"]} overlay={{ ...FULL_OVERLAY, heat: 1 }} />);
}

describe("a text", () => {
  it("is always literal: markup, scripts and templates are only characters", () => {
    const text = `<script>alert(1)</script><img src=x onerror=alert(1)> {{7*7}} \${x} **bold**`;

    const container = showBlocks(blockOf(text));

    expect(container).toHaveTextContent(text);
    expect(container.querySelector("script, img, strong")).toBeNull();
  });

  it("decides its own direction", () => {
    const container = showBlocks(blockOf("مرحبا بالعالم"));

    expect(container.querySelector("[dir=auto]")).toHaveTextContent("مرحبا بالعالم");
  });

  it("says so when the model does not see its end", () => {
    showBlocks(blockOf("long", { is_cut: true }));

    expect(screen.getByText("end not seen by the model")).toBeInTheDocument();
  });

  it("is folded when long, and shown whole on request", async () => {
    const container = showBlocks(blockOf(`${"word ".repeat(2000)}the end`));
    expect(container).not.toHaveTextContent("the end");

    await userEvent.click(screen.getByRole("button", { name: "Show all 10,007 characters" }));

    expect(container).toHaveTextContent("the end");
  });

  it("names a span, who says so, how sure, and whether it is right, without colour", () => {
    showTexts({
      texts: [blockOf("in Rome")],
      prediction: spansOf({ start: 3, end: 7, label: "LOC", score: 0.93, match: "false_positive" }),
    });

    expect(screen.getByTitle("LOC, prediction, ✕ false positive")).toHaveTextContent(
      "LOC (prediction) 93 % ✕false positive",
    );
  });

  it("marks what was added and what is missing with elements of their own", () => {
    const container = showTexts({
      texts: [blockOf("price cheap")],
      truth: { kind: "text", text: "a pub", marks: [] },
      prediction: {
        kind: "text",
        text: "a cheap pub",
        marks: [{ start: 2, end: 7, role: "inserted", score: null }],
      },
    });

    expect(container.querySelector("ins")).toHaveTextContent("cheap");
    expect(screen.getByRole("region", { name: "Reference" })).toHaveTextContent("a pub");
    expect(screen.getByText("missing in the prediction")).toBeInTheDocument();
  });

  it("tints words for and against only while that is switched on", () => {
    const marks = [
      { start: 0, end: 4, role: "importance" as const, score: 0.9 },
      { start: 5, end: 8, role: "importance" as const, score: -0.4 },
    ];
    const container = showBlocks(blockOf("good bad", { marks }));
    expect(container.querySelector("[data-weight=for]")).toHaveTextContent("good");
    expect(container.querySelector("[data-weight=against]")).toHaveTextContent("bad");

    const off = show(
      <TextBlocks
        sample={sampleOf({ texts: [blockOf("good bad", { marks })] })}
        classNames={[]}
        overlay={FULL_OVERLAY}
      />,
    );

    expect(off.querySelector("[data-weight]")).toBeNull();
  });
});

describe("a card of a text", () => {
  const card = (sample: SampleView) =>
    show(
      <SampleCard sample={sample} source={() => ""} classNames={[]} overlay={FULL_OVERLAY} onOpen={() => undefined} />,
    );

  it("shows question and context under their names", () => {
    card(sampleOf({ texts: [blockOf("Who?", { name: "Question" }), blockOf("It was me.", { name: "Context" })] }));

    expect(screen.getByText("Question")).toBeInTheDocument();
    expect(screen.getByText("It was me.")).toBeInTheDocument();
  });

  it("shows a predicted number beside the true one", () => {
    card(
      sampleOf({
        texts: [blockOf("fine")],
        truth: { kind: "values", values: { valence: 3 } },
        prediction: { kind: "values", values: { valence: 3.25 } },
      }),
    );

    expect(screen.getByText("3.250")).toBeInTheDocument();
    expect(screen.getByText("true 3.000")).toBeInTheDocument();
    expect(screen.getByTitle("Prediction minus truth")).toHaveTextContent("+0.2500");
  });

  it("does not take an answer that is the word None for a missing one", () => {
    card(
      sampleOf({
        texts: [blockOf("Which?")],
        truth: { kind: "spans", spans: [], answer: "None" },
        prediction: { kind: "spans", spans: [], answer: "" },
      }),
    );

    expect(screen.getByText("None")).toBeInTheDocument();
    expect(screen.getByText("(empty)")).toBeInTheDocument();
  });
});

describe("facts of a text", () => {
  it("list the words of every span with its label and match", () => {
    show(
      <SampleFacts
        sample={sampleOf({
          texts: [blockOf("👍 Rome")],
          truth: spansOf({ start: 2, end: 6, label: "LOC", match: "false_negative" }),
        })}
        source={() => ""}
        classNames={["LOC"]}
        overlay={FULL_OVERLAY}
      />,
    );

    const list = screen.getByRole("list", { name: "Truth, 1" });
    expect(within(list).getByText("Rome")).toBeInTheDocument();
    expect(within(list).getByText("✕ false negative")).toBeInTheDocument();
  });
});
