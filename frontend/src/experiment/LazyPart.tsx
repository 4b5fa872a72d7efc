import { type ReactNode, useEffect, useState } from "react";

/** Draws its child only when it comes near the window: charts that nobody looks at cost nothing. */
export function LazyPart({ height, id, children }: { height: number; id?: string; children: ReactNode }) {
  const [element, setElement] = useState<HTMLDivElement | null>(null);
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    if (element === null || isNear) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setIsNear(true),
      { rootMargin: "300px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [element, isNear]);
  return (
    <div ref={setElement} id={id} style={{ minHeight: isNear ? undefined : height, minWidth: 0 }}>
      {isNear && children}
    </div>
  );
}
