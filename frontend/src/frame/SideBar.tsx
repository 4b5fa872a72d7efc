import { NavLink } from "react-router";
import { MAIN_PLACES, OTHER_PLACES, type Place } from "./navigation";
import { ChevronLeftIcon, ChevronRightIcon } from "../ui/icons";
import classes from "./frame.module.css";

type SideBarProps = { isFolded?: boolean; onFold?: () => void; onNavigate?: () => void };

export function SideBar({ isFolded = false, onFold, onNavigate }: SideBarProps) {
  return (
    <nav className={classes.sideBar} aria-label="Main" data-folded={isFolded || undefined}>
      <NavLink to="/" className={classes.brand} onClick={onNavigate} aria-label="Deepstudio, start page">
        <img src="/icon.svg" width={28} height={28} alt="" />
        {!isFolded && <span>Deepstudio</span>}
      </NavLink>
      <PlaceList places={MAIN_PLACES} isFolded={isFolded} onNavigate={onNavigate} />
      <div className={classes.gap} />
      <PlaceList places={OTHER_PLACES} isFolded={isFolded} onNavigate={onNavigate} />
      {onFold && (
        <button
          type="button"
          className={classes.place}
          onClick={onFold}
          aria-label={isFolded ? "Expand navigation" : "Collapse navigation"}
        >
          {isFolded ? <ChevronRightIcon /> : <ChevronLeftIcon />}
          {!isFolded && <span>Collapse</span>}
        </button>
      )}
    </nav>
  );
}

function PlaceList({ places, isFolded, onNavigate }: { places: Place[]; isFolded: boolean; onNavigate?: () => void }) {
  return (
    <ul className={classes.places}>
      {places.map((place) => (
        <li key={place.to}>
          <NavLink
            to={place.to}
            className={classes.place}
            onClick={onNavigate}
            title={isFolded ? place.title : undefined}
          >
            {place.icon}
            <span className={isFolded ? "hidden-visually" : undefined}>{place.title}</span>
          </NavLink>
        </li>
      ))}
    </ul>
  );
}
