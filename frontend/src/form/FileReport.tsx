import { FindingList } from "../ui/FindingList";
import { plural } from "../ui/format";
import { ErrorPanel } from "../ui/states";
import type { SettingsFile } from "./beginning";

/** What was understood of a file, the errors first: nothing is dropped in silence. */
export function FileReport({ file, dataset }: { file: SettingsFile; dataset: string }) {
  const { taken, translated, not_applicable, findings } = file.loaded;
  const errors = findings.filter((finding) => finding.level === "error");
  const others = findings.filter((finding) => finding.level !== "error");
  return (
    <>
      {file.missing !== null && (
        <ErrorPanel title={`The file’s dataset “${file.missing}” does not exist here.`} error={null}>
          <p>
            Choose a dataset above. Until then, the settings are checked against “{dataset}”; all else of the file is
            kept.
          </p>
        </ErrorPanel>
      )}
      {errors.length > 0 && (
        <div className="column">
          <ErrorPanel title={`${plural(errors.length, "error")} in ${file.name}`} error={null}>
            <p>The rest of the file was loaded. Correct the fields below, or the file.</p>
          </ErrorPanel>
          <FindingList findings={errors} />
        </div>
      )}
      <details className="card" style={{ padding: "10px 16px" }}>
        <summary>
          From {file.name}: {plural(taken.length, "setting")} taken, {translated.length} translated,{" "}
          {not_applicable.length} not applicable here
        </summary>
        <ul className="small" style={{ marginTop: 8 }}>
          {translated.map((one) => (
            <li key={one.from}>
              <code>{one.from}</code> became <code>{one.to}</code>
            </li>
          ))}
          {not_applicable.map((one) => (
            <li key={one.key}>
              <code>{one.key}</code>: {one.reason}
            </li>
          ))}
        </ul>
      </details>
      {others.length > 0 && <FindingList findings={others} />}
    </>
  );
}
