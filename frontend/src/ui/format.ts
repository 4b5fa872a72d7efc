/** Numbers, sizes and times as people read them. */

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** 12345 -> "12,345". */
export function formatCount(value: number): string {
  return NUMBER.format(value);
}

/** A metric with four significant digits: 0.83125 -> "0.8313", 1234.5 -> "1,235". */
export function formatMetric(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1000) return value.toLocaleString("en", { maximumFractionDigits: 0 });
  if (size < 0.001) return formatScientific(value);
  return value.toLocaleString("en", { minimumSignificantDigits: 4, maximumSignificantDigits: 4 });
}

/** The two ends of an interval, each with three digits: "0.912 to 0.946". */
export function formatInterval([low, high]: readonly number[]): string {
  return [low, high].map((end) => formatEnd(end)).join(" to ");
}

function formatEnd(end: number | undefined): string {
  if (end === undefined || end === 0 || Math.abs(end) < 0.001 || Math.abs(end) >= 1000) return formatMetric(end);
  return end.toLocaleString("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
}

/** A difference with its sign: 0.25 -> "+0.2500", -3 -> "−3.000". */
export function formatDifference(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value) || value === 0) return formatMetric(value);
  return `${value > 0 ? "+" : "−"}${formatMetric(Math.abs(value))}`;
}

/** 0.0003 -> "3e-4". */
export function formatScientific(value: number): string {
  const [mantissa = "0", exponent = "0"] = value.toExponential(3).split("e");
  return `${Number(mantissa)}e${Number(exponent)}`;
}

/** A setting's number as it is typed: small ones as 3e-4, no thousands separators. */
export function formatSettingNumber(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size < 0.001 || size >= 1e9 ? formatScientific(value) : String(value);
}

/** 1536 -> "1.5 KB" (1 KB = 1,024 bytes). */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return "–";
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[unit]}`;
}

/** 4330 -> "1 h 12 min". */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || seconds < 0) return "–";
  const whole = Math.round(seconds);
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return minutes < 10 && whole % 60 > 0 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** The largest unit alone, for places that are narrow: 4330 -> "1 h". */
export function formatRoughDuration(seconds: number): string {
  const units = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
  ] as const;
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.round(seconds / size)} ${unit}`;
}

/** Seconds since the epoch -> "3 min ago". */
export function formatAge(time: number | null | undefined, now = Date.now() / 1000): string {
  if (time === null || time === undefined) return "–";
  const age = now - time;
  if (age < 45) return "just now";
  if (age < 3600) return `${Math.max(1, Math.round(age / 60))} min ago`;
  if (age < 86_400) return `${Math.round(age / 3600)} h ago`;
  if (age < 30 * 86_400) return `${Math.round(age / 86_400)} d ago`;
  return new Date(time * 1000).toLocaleDateString("en-GB", { dateStyle: "medium" });
}

/** The exact time, for tooltips. */
export function formatTime(time: number): string {
  return EXACT.format(new Date(time * 1000));
}

/** 0.431 -> "43 %". */
export function formatPercent(fraction: number, digits = 0): string {
  return `${(fraction * 100).toFixed(digits)} %`;
}

/** plural(1, "run") -> "1 run", plural(3, "run") -> "3 runs". */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : many}`;
}
