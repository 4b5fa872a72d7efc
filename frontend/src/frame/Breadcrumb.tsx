import { Link, useLocation } from "react-router";
import { useDataset } from "../api/datasets";
import { useExperiment } from "../api/experiments";
import { MAIN_PLACES, OTHER_PLACES } from "./navigation";
import classes from "./frame.module.css";

/** Where this page lies: the place, then the thing. */
export function Breadcrumb() {
  const [, first = "", second] = useLocation().pathname.split("/");
  const place = [...MAIN_PLACES, ...OTHER_PLACES].find((one) => one.to === `/${first}`);
  if (place === undefined) return null;
  return (
    <nav aria-label="Breadcrumb" className={classes.crumbs}>
      <ol>
        <li>{second ? <Link to={place.to}>{place.title}</Link> : <span aria-current="page">{place.title}</span>}</li>
        {second && (
          <li className="clip">
            <span aria-hidden="true" className={classes.slash}>
              /
            </span>
            <span aria-current="page">
              <ThingName place={first} id={second} />
            </span>
          </li>
        )}
      </ol>
    </nav>
  );
}

const WORDS: Record<string, string> = {
  "experiments/new": "New experiment",
  "datasets/import": "Import",
  "predictions/new": "New prediction",
};

function ThingName({ place, id }: { place: string; id: string }) {
  const word = WORDS[`${place}/${id}`];
  const experiment = useExperiment(place === "experiments" && !word ? id : null).data;
  const dataset = useDataset(place === "datasets" && !word ? id : null).data;
  return (
    word ??
    experiment?.name ??
    dataset?.name ??
    (place === "predictions" ? "Prediction" : place === "settings" || place === "help" ? capitalised(id) : "…")
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replaceAll("-", " ").replaceAll("_", " ");
}
