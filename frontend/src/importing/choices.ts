import { useEffect, useRef, useState } from "react";
import { useCheckImport } from "../api/imports";
import type { Choices, Import } from "../api/types";

export type Editing = {
  choices: Choices;
  change: (part: Partial<Choices>) => void;
  /** Decide only this; everything else is guessed anew. */
  restart: (part: Partial<Choices>) => void;
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
  const known = own ?? scan?.choices ?? NOTHING;
  const check = useCheckImport(scan?.id ?? null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const scanId = scan?.id;
  useEffect(() => setOwn(null), [scanId]);
  // Once the server has taken the choices over, its version (with roles it guessed for the new ones) is shown.
  const isOver = scan?.state === "ready" || scan?.state === "failed";
  const isTaken = own !== null && !check.isPending && isOver && timer.current === undefined;
  useEffect(() => {
    if (isTaken) setOwn(null);
  }, [isTaken]);
  const send = (shown: Choices, sent: Partial<Choices>) => {
    setOwn(shown);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      check.mutate(sent);
    }, 250);
  };
  const change = (part: Partial<Choices>) => send({ ...known, ...part }, { ...known, ...part });
  const restart = (part: Partial<Choices>) => send({ ...NOTHING, ...part }, part);
  return {
    choices: known,
    change,
    restart,
    isChecking: own !== null || check.isPending || scan?.state === "scanning",
    error: check.error,
  };
}

/** The table that columns are chosen from: the training table, else the first there is. */
export function baseTable(choices: Choices): string | null {
  return choices.train ?? choices.validation ?? choices.test ?? choices.unlabeled;
}
