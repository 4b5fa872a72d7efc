import classes from "./insights.module.css";

export function Legend({ names }: { names: readonly string[] }) {
  return (
    <ul className={classes.legend}>
      {names.map((name, i) => <li key={name}><i style={{ background: `var(--series-${i % 8})` }} />{name}</li>)}
    </ul>
  );
}
