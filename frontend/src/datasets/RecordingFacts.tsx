import type { AudioPart } from "../api/types";
import { formatCount, formatDuration, formatPercent, plural } from "../ui/format";
import classes from "./datasets.module.css";

/** What recordings are: how much there is, at which rates, in which files, and how much of it is silence. */
export function RecordingFacts({ audio }: { audio: AudioPart }) {
  return (
    <>
      <figure className={classes.figure}>
        <figcaption>Recordings</figcaption>
        <ul className={classes.sizes}>
          <Fact name="Together" value={formatDuration(audio.seconds)} />
          <Fact name="Median" value={secondsOf(audio.median_seconds)} />
          <Fact name="Longest" value={secondsOf(audio.longest_seconds)} />
          <Fact name="Silence" value={`${formatPercent(audio.quiet_share, 1)} of the time`} />
        </ul>
        <p className="tiny muted">{silentWords(audio.silent)}</p>
      </figure>
      <figure className={classes.figure}>
        <figcaption>Sample rates and files</figcaption>
        <ul className={classes.sizes}>
          {Object.entries(audio.sample_rates)
            .slice(0, 6)
            .map(([rate, count]) => (
              <Fact key={rate} name={`${formatCount(Number(rate))} Hz`} value={formatCount(count)} />
            ))}
          {Object.entries(audio.formats)
            .slice(0, 6)
            .map(([format, count]) => (
              <Fact key={format} name={format.replaceAll("_", " ")} value={formatCount(count)} />
            ))}
        </ul>
        <p className="tiny muted">{channelsOf(audio.channels)}</p>
      </figure>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <li>
      <span className="number">{name}</span>
      <span className="number muted">{value}</span>
    </li>
  );
}

function secondsOf(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(seconds < 10 ? 2 : 1)} s` : formatDuration(seconds);
}

/** Whether some recordings hold no sound: "Nothing is to be heard in 2 recordings." */
export function silentWords(silent: number): string {
  return silent === 0 ? "Every recording holds sound." : `Nothing is to be heard in ${plural(silent, "recording")}.`;
}

/** How many recordings have how many channels: "mono: 20 recordings, stereo: 1 recording". */
export function channelsOf(channels: AudioPart["channels"]): string {
  const names: Record<string, string> = { 1: "mono", 2: "stereo" };
  return Object.entries(channels)
    .map(([number, count]) => `${names[number] ?? `${number} channels`}: ${plural(count, "recording")}`)
    .join(", ");
}
