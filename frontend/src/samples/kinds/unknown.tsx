import type { PartProps, Renderer } from "../renderer";

/** A kind that came with a newer server: said plainly, and the rest of the sample is shown. */
export const UNKNOWN: Renderer = { Lines: Note, Facts: Note };

/** A sample of which nothing is known or predicted. */
export const PLAIN: Renderer = { Lines: () => null, Facts: () => null };

function Note({ sample }: PartProps) {
  return (
    <p className="small muted">This version of the page cannot show “{(sample.prediction ?? sample.truth)?.kind}”.</p>
  );
}
