import { MantineProvider } from "@mantine/core";
import { fireEvent, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { MemoryRouter } from "react-router";
import { describe, expect, it } from "vitest";
import { ConfusionMatrix } from "./ConfusionMatrix";
import { InsightProvider } from "./context";
import { InsightTable } from "./InsightTable";
import { iouOf, pointAt, ThresholdCurves } from "./ThresholdCurves";

function show(children: ReactNode): void {
  const context = {
    classNames: [],
    explainer: null,
    source: () => "",
    samplesLink: (split: string, filter: object) =>
      `/samples?${new URLSearchParams({ split, ...filter } as Record<string, string>)}`,
  };
  render(
    <MantineProvider>
      <MemoryRouter>
        <InsightProvider value={context}>{children}</InsightProvider>
      </MemoryRouter>
    </MantineProvider>,
  );
}

describe("the confusion matrix", () => {
  const payload = {
    kind: "matrix" as const,
    row_label: "Truth",
    column_label: "Prediction",
    row_names: ["cat", "dog"],
    column_names: ["cat", "dog"],
    counts: [
      [3, 1],
      [0, 5],
    ],
    opens_samples: true,
  };

  it("links every cell that has samples to exactly these", () => {
    show(<ConfusionMatrix payload={payload} group="validation" title="Confusion" />);

    expect(screen.getByRole("link", { name: /Truth cat, prediction dog: 1/ })).toHaveAttribute(
      "href",
      "/samples?split=validation&truth=cat&prediction=dog",
    );
    expect(screen.getAllByRole("link")).toHaveLength(3);
  });

  it("says how many are right", () => {
    show(<ConfusionMatrix payload={payload} group="validation" title="Confusion" />);

    expect(screen.getByText(/8 of 9 on the diagonal/)).toBeInTheDocument();
  });

  it("lists the most frequent mistakes when there are too many classes for a table", () => {
    const names = Array.from({ length: 80 }, (_, i) => `class ${i}`);
    const counts = names.map((_, i) => names.map((_, j) => (i === 0 && j === 1 ? 7 : 0)));

    show(
      <ConfusionMatrix
        payload={{ ...payload, row_names: names, column_names: names, counts }}
        group="validation"
        title="Confusion"
      />,
    );

    expect(screen.getByRole("link", { name: "7" })).toBeInTheDocument();
  });
});

describe("the table panel", () => {
  it("shows whole shares like the other shares of their column", () => {
    show(
      <InsightTable
        group="validation"
        title="Classes"
        payload={{
          kind: "table",
          columns: ["Class", "Precision"],
          rows: [
            ["a", 1],
            ["b", 0.25],
          ],
          filters: [],
        }}
      />,
    );

    expect(screen.getByRole("cell", { name: /1\.000/ })).toBeInTheDocument();
  });

  it("shows all rows where nothing is chosen, under a column without a name", () => {
    show(
      <InsightTable
        group="validation"
        title="Errors"
        payload={{
          kind: "table",
          columns: ["", "Words"],
          rows: [
            ["Reference", 10],
            ["Hits", 7],
          ],
          filters: [],
          chosen_by: null,
        }}
      />,
    );

    expect(screen.getAllByRole("cell").map((cell) => cell.textContent)).toEqual(["Reference", "10", "Hits", "7"]);
  });

  it("shows the rows of the column that is chosen, and not those of others", async () => {
    show(
      <InsightTable
        group="validation"
        title="Metric by column"
        payload={{
          kind: "table",
          columns: ["Column", "Value", "WER"],
          rows: [
            ["speaker", "ann", 0.25],
            ["speaker", "ben", 0.5],
            ["place", "street", 0.75],
          ],
          filters: [],
          chosen_by: "Column",
        }}
      />,
    );
    const cells = () => screen.getAllByRole("cell").map((cell) => cell.textContent);

    expect(screen.getAllByRole("columnheader").map((one) => one.textContent)).toEqual(["Value", "WER"]);
    expect(cells()).toEqual(["ann", "0.250", "ben", "0.500"]);

    fireEvent.click(screen.getByRole("combobox", { name: "Column" }));
    fireEvent.click(await screen.findByRole("option", { name: "place" }));

    expect(cells()).toEqual(["street", "0.750"]);
  });
});

describe("the threshold slider", () => {
  const point = (threshold: number) => ({
    threshold,
    precision: 1,
    recall: 1,
    false_positive_rate: 0,
    true_positives: 0,
    false_positives: 0,
    false_negatives: 0,
    true_negatives: 0,
  });

  it("takes the lowest threshold that is not below the asked one", () => {
    const points = [point(0.9), point(0.5), point(0.1)];

    expect(pointAt(points, 0.5)?.threshold).toBe(0.5);
    expect(pointAt(points, 0.3)?.threshold).toBe(0.5);
    expect(pointAt(points, 0.95)?.threshold).toBe(0.9);
  });
});

describe("the overlap at a threshold", () => {
  const point = { threshold: 0.5, precision: 0.5, recall: 0.5, false_positive_rate: 0 };

  it("is what is right of what is predicted or true", () => {
    const counts = { true_positives: 6, false_positives: 3, false_negatives: 1, true_negatives: 90 };
    expect(iouOf({ ...point, ...counts })).toBe(0.6);
    const nothing = { true_positives: 0, false_positives: 0, false_negatives: 0, true_negatives: 90 };
    expect(iouOf({ ...point, ...nothing })).toBeNull();
  });
});

describe("curves of classes with thresholds of their own", () => {
  const point = {
    threshold: 0.3,
    precision: 1,
    recall: 1,
    false_positive_rate: 0,
    true_positives: 1,
    false_positives: 0,
    false_negatives: 0,
    true_negatives: 1,
  };
  const payload = {
    kind: "threshold_curves" as const,
    default_threshold: 0.5,
    classes: ["parcel"],
    points: [[point]],
    roc_auc: [1],
    average_precision: [1],
  };

  it("begin at the threshold of the class", () => {
    show(<ThresholdCurves payload={{ ...payload, thresholds: [0.31] }} title="Curves" group="validation" />);
    expect(screen.getByText("0.31")).toBeVisible();
  });

  it("begin at the one threshold where there is no other", () => {
    show(<ThresholdCurves payload={payload} title="Curves" group="validation" />);
    expect(screen.getByText("0.50")).toBeVisible();
  });
});
