import { useImport } from "../api/imports";
import { CheckStep } from "../importing/CheckStep";
import { ColumnsStep } from "../importing/ColumnsStep";
import { SourceStep } from "../importing/SourceStep";
import { StepBar } from "../importing/StepBar";
import { useImportChoices } from "../importing/choices";
import { Page } from "../ui/Page";
import { useSearchState, useSetSearch } from "../ui/search-state";
import { ErrorPanel, LoadingRows } from "../ui/states";

/** Import in three steps on one address: where the data is, what was found, which column is what. */
export function ImportPage() {
  const [id] = useSearchState("import");
  const [asked] = useSearchState("step", "source");
  const setSearch = useSetSearch();
  const scan = useImport(id || null);
  const editing = useImportChoices(scan.data);
  const step = id === "" ? "source" : asked;
  const go = (next: string) => {
    setSearch({ step: next }, { push: true });
    window.scrollTo({ top: 0 });
  };
  return (
    <Page title="Import dataset" lead="Every change and every dropped row is reported before the import.">
      <StepBar step={step} isOpen={scan.data?.state === "ready"} onGo={go} />
      {step === "source" && (
        <SourceStep
          current={scan.data ?? null}
          onStarted={(started) => setSearch({ import: started.id, step: "check" }, { push: true })}
          onContinue={() => go("check")}
        />
      )}
      {step !== "source" && scan.error !== null && !scan.data && (
        <ErrorPanel
          title="This import is not there any more."
          error={scan.error}
          onRetry={() => setSearch({ import: null, step: null })}
        />
      )}
      {step !== "source" && !scan.data && !scan.error && <LoadingRows rows={6} />}
      {step === "check" && scan.data && (
        <CheckStep scan={scan.data} editing={editing} onBack={() => go("source")} onNext={() => go("columns")} />
      )}
      {step === "columns" && scan.data && <ColumnsStep scan={scan.data} editing={editing} onBack={() => go("check")} />}
    </Page>
  );
}
