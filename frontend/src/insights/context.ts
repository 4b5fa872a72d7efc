import { createContext, useContext } from "react";
import type { SampleFilter } from "../api/insight";
import type { InsightGroup } from "../api/types";
import type { MediaSource } from "../samples/overlay";

/** What panels need of the page around them. */
export type InsightContext = {
  source: MediaSource;
  classNames: readonly string[];
  /** The run that can explain its predictions; null where its model cannot. */
  explainer: string | null;
  /** The address of the samples behind a number, or null where there are none. */
  samplesLink: (group: InsightGroup, filter: Partial<SampleFilter>) => string | null;
};

const Context = createContext<InsightContext | null>(null);
export const InsightProvider = Context.Provider;

export function useInsightContext(): InsightContext {
  const context = useContext(Context);
  if (context === null) throw new Error("There is no experiment around this panel.");
  return context;
}
