/** What follows the label of a setting: problems that begin with it are not said with it twice. */
export function afterLabel(label: string, problem: string): string {
  return problem.startsWith(`${label} `) ? problem.slice(label.length) : `: ${problem}`;
}
