import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useLayoutEffect, useState } from "react";
import { useShortcuts } from "./keys";

/** In px. Every row has this height: cells of such tables cut what is longer, see data-table.module.css. */
const ROW_HEIGHT = 53;
const VIRTUAL_FROM = 80;
const OVERSCAN = 8;

/** Which rows of a table are drawn, and the height of those before and after. Short tables are drawn whole. */
export type DrawnRows = {
  indexes: number[];
  before: number;
  after: number;
};

/** The rows in sight. It is the window that scrolls: its events never reach the element that is scrolled. */
export function useDrawnRows(count: number, body: RefObject<HTMLTableSectionElement | null>): DrawnRows {
  const isVirtual = count > VIRTUAL_FROM;
  const top = useTopOf(body);
  const virtual = useWindowVirtualizer({
    count: isVirtual ? count : 0,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollMargin: top,
  });
  if (!isVirtual) return { indexes: Array.from({ length: count }, (_, i) => i), before: 0, after: 0 };
  const items = virtual.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  return {
    indexes: items.map((item) => item.index),
    before: first ? first.start - top : 0,
    after: last ? virtual.getTotalSize() - (last.end - top) : 0,
  };
}

/** Where an element begins on the page, in px; notices that come and go above it move it. */
function useTopOf(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const look = () => {
      if (element.current) setTop(Math.round(element.current.getBoundingClientRect().top + window.scrollY));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return top;
}

/** Tells which rows are drawn, when others are. */
export function useRangeReport(indexes: number[], onRange: ((first: number, last: number) => void) | undefined): void {
  const first = indexes[0] ?? 0;
  const last = indexes.at(-1) ?? 0;
  useEffect(() => onRange?.(first, last), [first, last, onRange]);
}

/** j, k and the arrows move the focus from row to row, from the first row in sight where none has it. */
export function useRowKeys(body: RefObject<HTMLTableSectionElement | null>): void {
  const move = (by: 1 | -1) => {
    const links = [...(body.current?.querySelectorAll<HTMLElement>("[data-row-link]") ?? [])];
    const focused = document.activeElement?.closest("tr")?.querySelector<HTMLElement>("[data-row-link]");
    const now = focused ? links.indexOf(focused) : -1;
    const next = now >= 0 ? links[now + by] : links.find(isInSight);
    next?.focus();
  };
  useShortcuts({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1) });
}

function isInSight(element: HTMLElement): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  const covered = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
  return top >= covered && bottom <= window.innerHeight;
}
