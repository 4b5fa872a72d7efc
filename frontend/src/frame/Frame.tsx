import { Drawer } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { Suspense, useEffect, useMemo, useRef, useState } from "react";
import { Outlet, ScrollRestoration, useLocation, useNavigate } from "react-router";
import { applyEvent } from "../live/cache";
import { useTopics } from "../live/stream";
import { HeatColours } from "../samples/HeatControl";
import { useShortcuts } from "../ui/keys";
import { Notices } from "../ui/notices";
import { PartBoundary } from "../ui/states";
import { HomeNotices } from "./HomeNotices";
import { Search } from "./Search";
import { ShortcutList } from "./Shortcuts";
import { SideBar } from "./SideBar";
import { SignedIn } from "./SignedIn";
import { TopBar } from "./TopBar";
import { VersionNotice } from "./VersionNotice";
import classes from "./frame.module.css";

const TOPICS = "queue,experiments,datasets,predictions";

/** What stands around every page: navigation, search, live connection, messages. */
export function Frame() {
  const [isFolded, setIsFolded] = useLocalStorage({
    key: "studio-folded",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const [open, setOpen] = useState<"menu" | "search" | "shortcuts" | null>(null);
  const { pathname } = useLocation();
  useLiveCache();
  useGlobalKeys(setOpen);
  useEffect(() => setOpen((now) => (now === "menu" ? null : now)), [pathname]);
  const close = () => setOpen(null);
  return (
    <div className={classes.frame} data-folded={isFolded || undefined}>
      <HeatColours />
      <a href="#content" className={classes.skip}>
        Skip to content
      </a>
      <aside className={classes.aside}>
        <SideBar isFolded={isFolded} onFold={() => setIsFolded(!isFolded)} />
      </aside>
      <Drawer
        opened={open === "menu"}
        onClose={close}
        size={256}
        padding={0}
        withCloseButton={false}
        attributes={{ content: { "aria-label": "Navigation" } }}
      >
        <SideBar onNavigate={close} />
      </Drawer>
      <div className={classes.main}>
        <TopBar onMenu={() => setOpen("menu")} onSearch={() => setOpen("search")} />
        <VersionNotice />
        <HomeNotices />
        <main id="content" tabIndex={-1} className={classes.content}>
          <PartBoundary key={pathname.split("/").slice(0, 3).join("/")} name="This page">
            <Suspense>
              <SignedIn>
                <Outlet />
              </SignedIn>
            </Suspense>
          </PartBoundary>
        </main>
      </div>
      <Search isOpen={open === "search"} onClose={close} />
      <ShortcutList isOpen={open === "shortcuts"} onClose={close} />
      <Notices />
      <ScrollRestoration getKey={(location) => location.key} />
    </div>
  );
}

function useLiveCache(): void {
  const client = useQueryClient();
  const listener = useMemo(
    () => ({ onEvent: (name: string, data: unknown) => applyEvent(client, name, data) }),
    [client],
  );
  useTopics(TOPICS, listener);
}

const GO: Record<string, string> = { e: "/experiments", d: "/datasets", q: "/queue", p: "/predictions", w: "/welcome" };

function useGlobalKeys(open: (what: "search" | "shortcuts") => void): void {
  const navigate = useNavigate();
  const isGoing = useRef(false);
  const go = (key: string) => {
    if (isGoing.current && GO[key]) void navigate(GO[key]);
    isGoing.current = false;
  };
  useShortcuts({
    "Control+k": () => open("search"),
    "?": () => open("shortcuts"),
    g: () => {
      isGoing.current = true;
      setTimeout(() => (isGoing.current = false), 800);
    },
    ...Object.fromEntries(Object.keys(GO).map((key) => [key, () => go(key)])),
  });
}
