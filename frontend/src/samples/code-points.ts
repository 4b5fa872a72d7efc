const SURROGATE = /[\ud800-\udfff]/;

/** Offsets come in characters (code points), strings are cut in UTF-16 units: gives the unit a character starts at. */
export function unitOffsets(text: string): (character: number) => number {
  if (!SURROGATE.test(text)) return (character) => Math.min(Math.max(character, 0), text.length);
  const starts: number[] = [];
  for (let unit = 0; unit < text.length; unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1) starts.push(unit);
  starts.push(text.length);
  return (character) => starts[Math.min(Math.max(character, 0), starts.length - 1)] as number;
}
