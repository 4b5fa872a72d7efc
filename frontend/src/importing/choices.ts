import { useEffect, useRef, useState } from "react";
import { useCheckImport } from "../api/imports";
import type { Choices, Import } from "../api/types";

export type Editing = {
  choices: Choices;
  change: (part: Partial<Choices>) => void;
  isChecking: boolean;
  error: unknown;
};

const NOTHING: Choices = {
  problem_type: null,
  train: null,
  validation: null,
  test: null,
  unlabeled: null,
  media_folder: null,
  roles: {},
  format: null,
};

/** What the person decides about the data. Every change is looked at again by the server; what was chosen stays meanwhile. */
export function useImportChoices(scan: Import | undefined): Editing {
  const [own, setOwn] = useState<Choices | null>(null);
  const check = useCheckImport(scan?.id ?? null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const scanId = scan?.id;
  useEffect(() => setOwn(null), [scanId]);
  // Once the server has taken the choices over, its version (with roles it guessed for the new ones) is shown.
  const isTaken = own !== null && !check.isPending && scan?.state === "ready" && timer.current === undefined;
  useEffect(() => {
    if (isTaken) setOwn(null);
  }, [isTaken]);
  const change = (part: Partial<Choices>) => {
    const next = { ...NOTHING, ...(own ?? scan?.choices), ...part };
    setOwn(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      check.mutate(next);
    }, 250);
  };
  return {
    choices: own ?? scan?.choices ?? NOTHING,
    change,
    isChecking: own !== null || check.isPending || scan?.state === "scanning",
    error: check.error,
  };
}
