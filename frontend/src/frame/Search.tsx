import { Modal, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type KeyboardEvent, useState } from "react";
import { useNavigate } from "react-router";
import { useDatasets } from "../api/datasets";
import { useExperiments } from "../api/experiments";
import { SearchIcon } from "../ui/icons";
import { MAIN_PLACES, OTHER_PLACES } from "./navigation";
import classes from "./frame.module.css";

type Hit = { to: string; title: string; kind: string };

/** Goes to any page or dataset by name, and to any experiment by name, tag or notes. */
export function Search({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={560}
      attributes={{ content: { "aria-label": "Search everything" } }}
      yOffset="12vh"
      centered={false}
    >
      <SearchBox onDone={onClose} />
    </Modal>
  );
}

function SearchBox({ onDone }: { onDone: () => void }) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const navigate = useNavigate();
  const hits = useHits(text);
  const go = (hit: Hit | undefined) => {
    if (hit === undefined) return;
    onDone();
    void navigate(hit.to);
  };
  const steer = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setActive(Math.min(hits.length - 1, active + 1));
    else if (event.key === "ArrowUp") setActive(Math.max(0, active - 1));
    else if (event.key === "Enter") go(hits[active]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <TextInput
        data-autofocus
        size="md"
        variant="unstyled"
        className={classes.searchInput}
        leftSection={<SearchIcon />}
        placeholder="Find an experiment, a dataset or a page"
        aria-label="Search everything"
        role="combobox"
        aria-expanded="true"
        aria-controls="search-hits"
        aria-activedescendant={hits[active] ? `hit-${active}` : undefined}
        value={text}
        onChange={(event) => (setText(event.currentTarget.value), setActive(0))}
        onKeyDown={steer}
      />
      <ul id="search-hits" role="listbox" aria-label="Results" className={classes.hits}>
        {hits.map((hit, i) => (
          <li
            key={hit.to}
            id={`hit-${i}`}
            role="option"
            aria-selected={i === active}
            className={classes.hit}
            onPointerEnter={() => setActive(i)}
            onClick={() => go(hit)}
          >
            <span className="clip grow">{hit.title}</span>
            <span className="tiny muted">{hit.kind}</span>
          </li>
        ))}
        {hits.length === 0 && (
          <li className={classes.noHit} role="option" aria-selected="false" aria-disabled="true">
            No results.
          </li>
        )}
      </ul>
    </>
  );
}

function useHits(text: string): Hit[] {
  const [query] = useDebouncedValue(text.trim(), 150);
  const experiments = useExperiments({ q: query }, 8).data?.items ?? [];
  const datasets = useDatasets().data ?? [];
  const wanted = text.trim().toLowerCase();
  const isNamed = (hit: Hit) => hit.title.toLowerCase().includes(wanted);
  const places: Hit[] = [
    ...MAIN_PLACES,
    ...OTHER_PLACES,
    { to: "/experiments/new", title: "New experiment" },
    { to: "/datasets/import", title: "Import dataset" },
  ].map((place) => ({ to: place.to, title: place.title, kind: "Page" }));
  // The server finds experiments by their tags and notes too, which are not in the title.
  const found = experiments.map((one) => ({ to: `/experiments/${one.id}`, title: one.name, kind: "Experiment" }));
  const named = datasets.map((one) => ({ to: `/datasets/${one.id}`, title: one.name, kind: "Dataset" }));
  return [...places.filter(isNamed), ...found, ...named.filter(isNamed)].slice(0, 12);
}
