/** The one owner of colours that tell things apart: runs, classes, truth and prediction. Their values are in `tokens.css`. */

const SERIES = 8;
const GOLDEN_ANGLE = 137.508;

/** Runs have colours of their own, none of which looks like a failure. */
export function runColour(index: number): string {
  return `var(${runToken(index)})`;
}

export function runToken(index: number): string {
  return `--run-${index % SERIES}`;
}

/** The colour of the class at an index of the list of classes; no two are alike. */
export function indexColour(index: number): string {
  if (index < SERIES) return `var(--series-${index})`;
  // Around the circle by the golden angle: neighbours in the list lie far apart, and no hue comes twice.
  return `oklch(var(--class-lightness) 0.13 ${((index * GOLDEN_ANGLE) % 360).toFixed(1)})`;
}

/** Classes keep their colour wherever they appear: it follows the index in the list of classes. */
export function classColour(label: string, classes: readonly string[]): string {
  const index = classes.indexOf(label);
  return indexColour(index >= 0 ? index : hash(label) % SERIES);
}

function hash(text: string): number {
  let value = 7;
  for (let i = 0; i < text.length; i++) value = (value * 31 + text.charCodeAt(i)) >>> 0;
  return value;
}

/** The colour of a class as a canvas takes it, which knows no variables. */
export function inkOf(colour: string, style: CSSStyleDeclaration): string {
  return colour.replace(/var\((--[\w-]+)\)/g, (_, name: string) => style.getPropertyValue(name).trim());
}
