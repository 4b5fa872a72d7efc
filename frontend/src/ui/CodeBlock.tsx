import { notify } from "./notices";
import { CopyIcon } from "./icons";
import classes from "./code-block.module.css";

export function CodeBlock({ text, title }: { text: string; title: string }) {
  const copy = () => void navigator.clipboard.writeText(text).then(() => notify("Copied"));
  return (
    <figure className={classes.block}>
      <figcaption>
        <span>{title}</span>
        <button type="button" onClick={copy}>
          <CopyIcon size={14} />
          Copy
        </button>
      </figcaption>
      <pre tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </figure>
  );
}
