import { createContext, useContext, useSyncExternalStore } from "react";
import type { FormState, FormStore } from "./store";

const StoreContext = createContext<FormStore | null>(null);
export const FormProvider = StoreContext.Provider;

export function useFormStore(): FormStore {
  const store = useContext(StoreContext);
  if (store === null) throw new Error("There is no settings form around this part.");
  return store;
}

/** A slice of the form. `pick` must give the same thing while nothing in it has changed. */
export function useForm<T>(pick: (state: FormState, store: FormStore) => T): T {
  const store = useFormStore();
  return useSyncExternalStore(store.watch, () => pick(store.current(), store));
}
