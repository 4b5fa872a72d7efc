import type { SeriesHistory } from "../api/types";

/** One metric over steps, growing without copies. Where the server reduced it, `low` and `high` bound each bucket. */
export class Series {
  length = 0;
  step = new Float64Array(256);
  value = new Float64Array(256);
  low = new Float64Array(256);
  high = new Float64Array(256);
  time = new Float64Array(256);
  /** The place of each point in the whole series, from 1, also where the server left points out. */
  number = new Float64Array(256);

  get lastStep(): number {
    return this.length > 0 ? (this.step[this.length - 1] as number) : -Infinity;
  }

  get lastNumber(): number {
    return this.length > 0 ? (this.number[this.length - 1] as number) : 0;
  }

  /** Adds a point unless the series already has that step: a resumed stream may repeat some. */
  append(
    step: number,
    value: number | null,
    time: number,
    low = value,
    high = value,
    number = this.lastNumber + 1,
  ): boolean {
    if (step <= this.lastStep) return false;
    if (this.length === this.step.length) this.grow();
    const index = this.length;
    this.step[index] = step;
    this.value[index] = value ?? NaN;
    this.low[index] = low ?? NaN;
    this.high[index] = high ?? NaN;
    this.time[index] = time;
    this.number[index] = number;
    this.length += 1;
    return true;
  }

  private grow(): void {
    for (const name of ["step", "value", "low", "high", "time", "number"] as const) {
      const larger = new Float64Array(this[name].length * 2);
      larger.set(this[name]);
      this[name] = larger;
    }
  }
}

/** All series of one run. Charts watch `version`. */
export class RunSeries {
  readonly series = new Map<string, Series>();
  version = 0;
  isLoaded = false;
  private readonly watchers = new Set<() => void>();

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  current = (): number => this.version;

  /** Takes history from the server and keeps newer points that the stream brought meanwhile. */
  load(history: Record<string, SeriesHistory>): void {
    for (const [name, one] of Object.entries(history)) {
      const fresh = new Series();
      one.steps.forEach((step, i) =>
        fresh.append(
          step,
          one.last[i] ?? null,
          one.times[i] ?? NaN,
          one.min[i] ?? null,
          one.max[i] ?? null,
          one.numbers[i] ?? i + 1,
        ),
      );
      const old = this.series.get(name);
      for (let i = 0; old && i < old.length; i++) {
        fresh.append(old.step[i] as number, old.value[i] as number, old.time[i] as number);
      }
      this.series.set(name, fresh);
    }
    this.isLoaded = true;
    this.changed();
  }

  add(points: Record<string, [number, number | null][]>, time: number): void {
    for (const [name, pairs] of Object.entries(points)) {
      const series = this.series.get(name) ?? new Series();
      this.series.set(name, series);
      for (const [step, value] of pairs) series.append(step, value, time);
    }
    this.changed();
  }

  private changed(): void {
    this.version += 1;
    for (const watcher of this.watchers) watcher();
  }
}
