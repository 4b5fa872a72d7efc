import { ApiError } from "../api/client";
import type { ColumnOffer } from "../api/types";

/** Role -> columns of the table to predict. */
export type ChosenColumns = Record<string, string[]>;

/** What a refusal for missing columns offers instead of them; null for any other error. */
export function offerOf(error: unknown): ColumnOffer | null {
  const body = error instanceof ApiError ? error.body : null;
  const offer = typeof body === "object" && body !== null && "columns" in body ? body.columns : null;
  return offer === null ? null : (offer as ColumnOffer);
}

/** The columns that are likely meant. */
export function startingColumns(offer: ColumnOffer): ChosenColumns {
  return Object.fromEntries(offer.roles.map((role) => [role.role, role.suggested]));
}

/** Whether each input of the model has a column. */
export function hasColumns(offer: ColumnOffer, columns: ChosenColumns): boolean {
  return offer.roles.every((role) => !role.is_required || (columns[role.role] ?? []).length > 0);
}

/** What is sent: roles that have a column. */
export function sentColumns(columns: ChosenColumns): ChosenColumns {
  return Object.fromEntries(Object.entries(columns).filter(([, names]) => names.length > 0));
}
