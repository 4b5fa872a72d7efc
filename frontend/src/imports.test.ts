import { expect, it } from "vitest";

const SOURCES = import.meta.glob<string>("./**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });
const IMPORT = /^(?:import|export)\b[^;]*?\bfrom "(\.[^"]+)"/gm;

/** The files that each file imports, types too. */
function importsOf(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [path, text] of Object.entries(SOURCES)) {
    const targets = [...text.matchAll(IMPORT)].map((one) => new URL(one[1] as string, `file:///${path}`).pathname);
    const known = targets.map((one) => [".ts", ".tsx"].map((ending) => `.${one}${ending}`).find((a) => a in SOURCES));
    found.set(
      path,
      known.filter((one) => one !== undefined),
    );
  }
  return found;
}

/** The first loop that is found, as the files on it. */
function loopIn(imports: Map<string, string[]>): string[] {
  const done = new Set<string>();
  const visit = (path: string, way: string[]): string[] => {
    if (way.includes(path)) return way.slice(way.indexOf(path));
    if (done.has(path)) return [];
    for (const next of imports.get(path) ?? []) {
      const loop = visit(next, [...way, path]);
      if (loop.length > 0) return loop;
    }
    done.add(path);
    return [];
  };
  for (const path of imports.keys()) {
    const loop = visit(path, []);
    if (loop.length > 0) return loop;
  }
  return [];
}

it("no files import each other in a loop, not even their types", () => {
  const imports = importsOf();

  expect([...imports.values()].flat().length).toBeGreaterThan(200);
  expect(loopIn(imports)).toEqual([]);
});

it("a loop is found", () => {
  const loop = new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]]); // prettier-ignore

  expect(loopIn(loop)).toEqual(["b", "c"]);
});
