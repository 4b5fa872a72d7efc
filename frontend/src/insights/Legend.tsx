import { indexColour } from "../ui/colours";
import { SelectInput } from "../ui/inputs";
import classes from "./insights.module.css";

type LegendProps = { names: readonly string[]; only?: string | null; onOnly?: (name: string | null) => void };

const ALL = " all";
/** More names than this are a choice and no list. */
export const MANY_NAMES = 16;

/** Names with their colours. Where they can be told apart badly, a choice leaves one of them standing. */
export function Legend({ names, only = null, onOnly }: LegendProps) {
  if (names.length > MANY_NAMES && onOnly)
    return (
      <div className={classes.manyNames}>
        <SelectInput
          size="xs"
          w={260}
          aria-label="Show one of them"
          data={[{ value: ALL, label: `All ${names.length}` }, ...names.map((name) => ({ value: name, label: name }))]}
          value={only ?? ALL}
          onChange={(name) => onOnly(name === ALL ? null : name)}
        />
        <span className="tiny muted">Many colours are close to each other. Choose one to see it alone.</span>
      </div>
    );
  return (
    <ul className={classes.legend}>
      {names.map((name, i) => {
        const swatch = <i style={{ color: indexColour(i) }} />;
        return (
          <li key={name}>
            {onOnly ? (
              <button type="button" aria-pressed={only === name} onClick={() => onOnly(only === name ? null : name)}>
                {swatch}
                {name}
              </button>
            ) : (
              <>
                {swatch}
                {name}
              </>
            )}
          </li>
        );
      })}
    </ul>
  );
}
