import classes from "./insights.module.css";

type LegendProps = { names: readonly string[]; only?: string | null; onOnly?: (name: string | null) => void };

/** Names with their colours. Where lines can be told apart badly, a click leaves one of them standing. */
export function Legend({ names, only = null, onOnly }: LegendProps) {
  return (
    <ul className={classes.legend}>
      {names.map((name, i) => {
        const swatch = <i data-dashed={i >= 8 || undefined} style={{ color: `var(--series-${i % 8})` }} />;
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
