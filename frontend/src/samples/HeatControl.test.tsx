import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { ExplanationProvider } from "./explanation";
import { HeatControl } from "./HeatControl";
import { FULL_OVERLAY } from "./overlay";

const METHOD = {
  shows: "Explanation of a prediction",
  method: "HiResCAM",
  reference: "https://arxiv.org/abs/2011.08891",
};

function show(heat: number, method: typeof METHOD | null) {
  render(
    <MantineProvider>
      <ExplanationProvider value={method}>
        <HeatControl overlay={{ ...FULL_OVERLAY, heat }} onOverlay={() => undefined} />
      </ExplanationProvider>
    </MantineProvider>,
  );
}

it("names the method of an explanation, and where it is described", () => {
  show(0.6, METHOD);

  expect(screen.getByRole("switch", { name: "Explanation: HiResCAM" })).toBeChecked();
  expect(screen.getByText(/Explanation of a prediction\./)).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Paper" })).toHaveAttribute("href", METHOD.reference);
});

it("keeps the reference away until the explanation is shown", () => {
  show(0, METHOD);

  expect(screen.getByRole("switch", { name: "Explanation: HiResCAM" })).not.toBeChecked();
  expect(screen.queryByRole("link")).toBeNull();
});
