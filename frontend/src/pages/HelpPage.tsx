import { lazy, Suspense } from "react";
import { NavLink, useParams } from "react-router";
import { useHelp, useProblemTypes, useReference } from "../api/catalogue";
import type { HelpTopic, ProblemType } from "../api/types";
import { Page } from "../ui/Page";
import { Answer, EmptyState, LoadingRows } from "../ui/states";
import { Glossary, ProblemTypeHelp } from "../help/ProblemTypeHelp";
import classes from "./help.module.css";

const REFERENCE = "reference-";
const Markdown = lazy(async () => ({ default: (await import("../ui/Markdown")).Markdown }));

/** Topics from the documentation, and the settings reference of every problem type. */
export function HelpPage() {
  const { topic } = useParams();
  const help = useHelp();
  const types = useProblemTypes().data ?? [];
  const title =
    help.data?.topics.find((one) => one.id === topic)?.title ??
    types.find((type) => `${REFERENCE}${type.id}` === topic)?.title;
  return (
    <Page title="Help" documentTitle={title ? `Help, ${title}` : "Help"}>
      <Answer query={help} what="The help" loading={<LoadingRows rows={8} height={28} />}>
        {({ topics }) => (
          <div className={classes.layout}>
            <Contents topics={topics} types={types} />
            <article className={classes.article}>
              {topic?.startsWith(REFERENCE) ? (
                <Reference problemType={topic.slice(REFERENCE.length)} />
              ) : (
                <Topic topics={topics} types={types} id={topic ?? topics[0]?.id ?? "words"} />
              )}
            </article>
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Contents({ topics, types }: { topics: HelpTopic[]; types: ProblemType[] }) {
  return (
    <nav className={classes.nav} aria-label="Help topics">
      <div>
        <h2>Topics</h2>
        <NavLink to="/help/words">Glossary</NavLink>
        {topics.map((one) => (
          <NavLink key={one.id} to={`/help/${one.id}`}>
            {one.title}
          </NavLink>
        ))}
      </div>
      <div>
        <h2>Problem types</h2>
        {types.map((type) => (
          <NavLink key={type.id} to={`/help/${type.id}`}>
            {type.title}
          </NavLink>
        ))}
      </div>
      <div>
        <h2>Settings reference</h2>
        {types.map((type) => (
          <NavLink key={type.id} to={`/help/${REFERENCE}${type.id}`}>
            {type.title}
          </NavLink>
        ))}
      </div>
    </nav>
  );
}

function Topic({ topics, types, id }: { topics: HelpTopic[]; types: ProblemType[]; id: string }) {
  const topic = topics.find((one) => one.id === id);
  const type = types.find((one) => one.id === id);
  if (id === "words" && !topic) return <Glossary />;
  if (type) return <ProblemTypeHelp type={type} />;
  if (!topic) return <EmptyState title="Topic not found">Choose a topic from the list.</EmptyState>;
  return <Text markdown={topic.markdown} />;
}

function Reference({ problemType }: { problemType: string }) {
  const reference = useReference(problemType);
  return (
    <Answer query={reference} what="The reference" loading={<LoadingRows rows={10} height={24} />}>
      {({ markdown }) => <Text markdown={markdown} />}
    </Answer>
  );
}

function Text({ markdown }: { markdown: string }) {
  return (
    <Suspense fallback={<LoadingRows rows={10} height={24} />}>
      <Markdown text={markdown} />
    </Suspense>
  );
}
