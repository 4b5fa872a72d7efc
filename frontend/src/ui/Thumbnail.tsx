import { useState } from "react";
import classes from "./thumbnail.module.css";

/** A small picture of a file; a file that has none leaves its place empty, with the reason for whoever asks. */
export function Thumbnail({ src, alt }: { src: string; alt: string }) {
  const [isMissing, setIsMissing] = useState(false);
  if (isMissing)
    return (
      <span
        className={classes.thumb}
        title="This file cannot be shown."
        aria-label={`${alt} cannot be shown`}
        role="img"
      >
        –
      </span>
    );
  return <img className={classes.thumb} src={src} alt={alt} loading="lazy" onError={() => setIsMissing(true)} />;
}
