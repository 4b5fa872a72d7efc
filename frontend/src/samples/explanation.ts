import { createContext, useContext } from "react";
import type { ExplanationMethod } from "../api/types";

/** How the predictions of the samples on the page are explained; null where they are not. */
const Context = createContext<ExplanationMethod | null>(null);

export const ExplanationProvider = Context.Provider;

export function useExplanationMethod(): ExplanationMethod | null {
  return useContext(Context);
}
