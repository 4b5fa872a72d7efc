import { Button } from "@mantine/core";
import { type RunFile, type Run } from "../api/types";
import { runFile, useBuildPipeline, useRunFiles } from "../api/runs";
import { FileTable } from "../ui/FileTable";
import { formatBytes } from "../ui/format";
import { DownloadIcon } from "../ui/icons";
import { Section } from "../ui/Page";
import { Answer, EmptyState, ErrorPanel } from "../ui/states";
import { CodeBlock } from "../ui/CodeBlock";
import classes from "./experiment.module.css";

/** The commands of a pipeline; only rows that name files need a folder of them. */
function commands(hasMedia: boolean): string {
  return `pip install -r requirements.txt
python score.py verify
python score.py predict --table new.csv ${hasMedia ? "--media FOLDER " : ""}-o out.csv`;
}

/** What a run leaves to take away: the scoring pipeline first, then predictions, settings, log, checkpoints. */
export function Files({ run, hasMedia }: { run: Run; hasMedia: boolean }) {
  const files = useRunFiles(run.id);
  return (
    <div className="column" style={{ gap: 28 }}>
      <Pipeline run={run} hasMedia={hasMedia} file={files.data?.find((file) => file.kind === "pipeline")} />
      <Section title="Files">
        <Answer query={files} what="The files">
          {(all) => {
            const others = all.filter((file) => file.kind !== "pipeline");
            return others.length > 0 ? (
              <FileTable files={others} link={(file) => runFile(run.id, file.name)} />
            ) : (
              <EmptyState title="No files yet">
                Predictions, settings and log appear here as the run writes them.
              </EmptyState>
            );
          }}
        </Answer>
      </Section>
    </div>
  );
}

type PipelineProps = { run: Run; hasMedia: boolean; file: RunFile | undefined };

function Pipeline({ run, hasMedia, file }: PipelineProps) {
  const build = useBuildPipeline(run.id);
  const isBuilt = build.data !== undefined || file?.ready === true;
  const size = build.data?.size_bytes ?? (file?.ready ? file.size_bytes : null);
  return (
    <section className={classes.pipeline} aria-labelledby="pipeline-title">
      <div className="column grow" style={{ gap: 8 }}>
        <h2 id="pipeline-title">Scoring pipeline</h2>
        <p className="muted">
          A zip that predicts without the studio: weights, pinned requirements, a script, a small server and a
          Dockerfile. It verifies itself against this run’s predictions.
        </p>
        {build.data && <p className="tiny muted mono clip">sha256 {build.data.sha256}</p>}
        <div className="row-wrap">
          {isBuilt ? (
            <Button
              component="a"
              href={runFile(run.id, build.data?.name ?? file?.name ?? "pipeline.zip")}
              download
              leftSection={<DownloadIcon size={16} />}
            >
              Download pipeline{size !== null && `, ${formatBytes(size)}`}
            </Button>
          ) : (
            <Button onClick={() => build.mutate()} loading={build.isPending} disabled={!run.has_bundle}>
              Build pipeline
            </Button>
          )}
          {!run.has_bundle && <span className="small muted">It can be built when the run has a model.</span>}
          {build.isPending && (
            <span className="small muted" role="status">
              Packing weights and comparing with the run's predictions. This takes up to a minute.
            </span>
          )}
        </div>
        {build.error && <ErrorPanel title="The pipeline was not built." error={build.error} />}
      </div>
      <div className={classes.pipelineCode}>
        <CodeBlock title="How to run it" text={commands(hasMedia)} />
      </div>
    </section>
  );
}
