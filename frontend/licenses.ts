import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

type Locked = { packages: Record<string, { version?: string; license?: string; dev?: boolean }> };

/** Writes `licenses.txt`: every package that ships in the bundle, with the text of its licence. */
export function licenses(root: string): Plugin {
  let folder = "";
  return {
    name: "licenses",
    apply: "build",
    configResolved: (config) => {
      folder = config.build.outDir;
    },
    closeBundle: {
      order: "pre",
      handler: () => writeFileSync(join(folder, "licenses.txt"), collect(root)),
    },
  };
}

function collect(root: string): string {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Locked;
  const parts = Object.entries(lock.packages)
    .filter(([path, info]) => path.startsWith("node_modules/") && !info.dev && existsSync(join(root, path)))
    .map(([path, info]) => {
      const name = path.replace(/^.*node_modules\//, "");
      return `${name} ${info.version ?? ""}\n${info.license ?? "licence not stated"}\n\n${licenseText(join(root, path))}`;
    });
  return parts.join(`\n\n${"-".repeat(72)}\n\n`) + "\n";
}

function licenseText(folder: string): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  return file === undefined ? "(no licence file in the package)" : readFileSync(join(folder, file), "utf8").trim();
}
