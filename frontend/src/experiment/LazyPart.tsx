import { type ReactNode, useEffect, useLayoutEffect, useState } from "react";

/** Heights of parts that were drawn, by address and id: a page that one comes back to is as long as it was. */
const heights = new Map<string, number>();

/** Draws its child only when it comes near the window: charts that nobody looks at cost nothing. */
export function LazyPart({ height, id, children }: { height: number; id?: string; children: ReactNode }) {
  const [element, setElement] = useState<HTMLDivElement | null>(null);
  const [isNear, setIsNear] = useState(false);
  const [key] = useState(() => (id === undefined ? null : `${window.location.pathname}#${id}`));
  useEffect(() => {
    if (element === null || isNear) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setIsNear(true),
      { rootMargin: "300px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [element, isNear]);
  useLayoutEffect(() => {
    if (element === null || key === null || !isNear) return;
    return () => void heights.set(key, element.offsetHeight);
  }, [element, key, isNear]);
  const expected = (key === null ? undefined : heights.get(key)) ?? height;
  return (
    <div ref={setElement} id={id} style={{ minHeight: isNear ? undefined : expected, minWidth: 0 }}>
      {isNear && children}
    </div>
  );
}
