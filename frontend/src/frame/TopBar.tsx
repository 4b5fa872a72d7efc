import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import { Link } from "react-router";
import { isSignedOut, useMe, useQueue } from "../api/machine";
import { useConnection } from "../live/stream";
import { MenuIcon, MoonIcon, ScreenIcon, SearchIcon, SunIcon, WarningIcon } from "../ui/icons";
import { Breadcrumb } from "./Breadcrumb";
import classes from "./frame.module.css";

export function TopBar({ onMenu, onSearch }: { onMenu: () => void; onSearch: () => void }) {
  return (
    <header className={classes.topBar}>
      <ActionIcon
        className={classes.menuButton}
        variant="subtle"
        color="gray"
        size={36}
        aria-label="Open navigation"
        onClick={onMenu}
      >
        <MenuIcon />
      </ActionIcon>
      <Breadcrumb />
      <div className="grow" />
      <ConnectionNote />
      <button type="button" className={classes.search} onClick={onSearch}>
        <SearchIcon size={16} />
        <span className={classes.searchWord}>Search</span>
        <kbd className={classes.searchWord}>Ctrl K</kbd>
      </button>
      <QueuePill />
      <ThemeMenu />
    </header>
  );
}

function QueuePill() {
  const queue = useQueue().data;
  if (!queue) return null;
  const parts = [
    queue.running.length > 0 && `${queue.running.length} running`,
    queue.waiting.length > 0 && `${queue.waiting.length} waiting`,
  ].filter(Boolean);
  return (
    <Link to="/queue" className={classes.pill} data-busy={parts.length > 0 || undefined}>
      <span className={classes.dot} aria-hidden="true" />
      <span className="hidden-visually">Queue: </span>
      <span className={classes.pillText}>{parts.join(", ") || "Idle"}</span>
    </Link>
  );
}

/** Live is the normal state and says nothing. */
function ConnectionNote() {
  const state = useConnection();
  const { error } = useMe();
  if (state !== "lost" || isSignedOut(error)) return null;
  return (
    <span className={classes.lost} role="status">
      <WarningIcon size={16} />
      <span>Connection lost. Trying again</span>
    </span>
  );
}

function ThemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const icon = colorScheme === "auto" ? <ScreenIcon /> : colorScheme === "dark" ? <MoonIcon /> : <SunIcon />;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={36} aria-label="Theme">
          {icon}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<ScreenIcon size={16} />} onClick={() => setColorScheme("auto")}>
          System
        </Menu.Item>
        <Menu.Item leftSection={<SunIcon size={16} />} onClick={() => setColorScheme("light")}>
          Light
        </Menu.Item>
        <Menu.Item leftSection={<MoonIcon size={16} />} onClick={() => setColorScheme("dark")}>
          Dark
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
