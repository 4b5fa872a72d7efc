import { NavLink } from "react-router";
import classes from "./tab-bar.module.css";

export type Tab = { id: string; title: string; count?: number };

type TabBarProps = {
  tabs: Tab[];
  base: string;
  /** What every tab keeps of the address's query, with its question mark. */
  query?: string;
  label: string;
};

/** Tabs that are addresses: reload and share give the same view. */
export function TabBar({ tabs, base, query = "", label }: TabBarProps) {
  return (
    <nav className={classes.bar} aria-label={label}>
      {tabs.map((tab) => (
        <NavLink key={tab.id} to={`${base}/${tab.id}${query}`} className={classes.tab} preventScrollReset>
          {tab.title}
          {tab.count !== undefined && tab.count > 0 && <span className={classes.count}>{tab.count}</span>}
        </NavLink>
      ))}
    </nav>
  );
}
