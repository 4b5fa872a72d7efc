import { type PointerEvent, useCallback, useEffect, useRef, useState } from "react";
import type { MediaRef, SampleView } from "../api/types";
import { formatDuration } from "../ui/format";
import { useDialogShortcuts } from "../ui/keys";
import type { MediaSource } from "./overlay";
import { rendererOf } from "./registry";
import classes from "./recording.module.css";

type RecordingProps = {
  sample: SampleView;
  source: MediaSource;
  size: 256 | "full";
  /** Where the map of what explains the answer is. */
  heat: string | null;
  /** How strongly it covers the spectrogram; 0 hides it. */
  strength: number;
};

type Region = { from: number; to: number };

/** Shares of the recording; a drag that is shorter is a click. */
const SHORTEST_REGION = 0.01;
const SEEK_SECONDS = 1;

/** A recording: waveform and spectrogram on a card; large, with a player, a playhead and a region that repeats. */
export function Recording({ sample, source, size, heat, strength }: RecordingProps) {
  const media = sample.media as MediaRef;
  const name = sample.title || `Row ${sample.row}`;
  const picture = <Picture media={media} name={name} source={source} />;
  if (size === 256) return <div className={classes.card}>{picture}</div>;
  return (
    <Player sample={sample} url={source(media, "full")} name={name}>
      {picture}
      {heat !== null && strength > 0 && (
        <img src={heat} alt="" aria-hidden="true" className={classes.heat} style={{ opacity: strength }} />
      )}
    </Player>
  );
}

/** How much of a recording is shown, in seconds; null for all of it. */
export function shownSecondsOf(sample: SampleView): number | null {
  const shown = rendererOf(sample).shownSeconds?.(sample) ?? null;
  const seconds = sample.media?.seconds ?? null;
  return shown !== null && seconds !== null && shown < seconds ? shown : null;
}

function Picture({ media, name, source }: { media: MediaRef; name: string; source: MediaSource }) {
  const [isMissing, setIsMissing] = useState(false);
  // Before an import is complete, and of files to predict, nothing is drawn yet.
  if (isMissing) return <div className={classes.missing}>Recording</div>;
  return (
    <img
      className={classes.picture}
      src={source(media, 256)}
      alt={`${name}, waveform and spectrogram`}
      loading="lazy"
      decoding="async"
      draggable={false}
      onError={() => setIsMissing(true)}
    />
  );
}

type PlayerProps = { sample: SampleView; url: string; name: string; children: React.ReactNode };

function Player({ sample, url, name, children }: PlayerProps) {
  const audio = useRef<HTMLAudioElement>(null);
  const [region, setRegion] = useState<Region | null>(null);
  const limit = shownSecondsOf(sample);
  const whole = sample.media?.seconds ?? null;
  const { share, seconds, hear } = usePlayhead(audio, region, limit);
  const { Heard } = rendererOf(sample);
  // Keys act in dialogs alone: a page may show several recordings.
  const [isInDialog, setIsInDialog] = useState(false);
  const look = useCallback((node: HTMLElement | null) => {
    if (node) setIsInDialog(node.closest('[role="dialog"]') !== null);
  }, []);
  const toggle = () => {
    const player = audio.current;
    if (player) void (player.paused ? player.play() : player.pause());
  };
  const seekBy = (seconds: number) => {
    if (audio.current) audio.current.currentTime = Math.max(0, audio.current.currentTime + seconds);
  };
  const seekTo = (place: number) => {
    const player = audio.current;
    if (player && Number.isFinite(player.duration)) player.currentTime = place * (limit ?? player.duration);
  };
  useDialogShortcuts({
    p: toggle,
    ",": () => seekBy(-SEEK_SECONDS),
    ".": () => seekBy(SEEK_SECONDS),
    r: () => setRegion(null),
  });
  const drag = useDrag((from, to) => {
    const isClick = to - from < SHORTEST_REGION;
    setRegion(isClick ? null : { from, to });
    seekTo(from);
  });
  const shown = drag.region ?? region;
  return (
    <div className={classes.player} ref={look} data-large={isInDialog || undefined}>
      <div className={classes.stage} {...drag.handlers}>
        <div className={classes.crop}>
          <div
            className={classes.whole}
            style={limit !== null && whole !== null ? { width: `${(100 * whole) / limit}%` } : undefined}
          >
            {children}
          </div>
        </div>
        {shown && (
          <div className={classes.region} style={{ left: `${shown.from * 100}%`, right: `${(1 - shown.to) * 100}%` }} />
        )}
        <div className={classes.playhead} style={{ left: `${share * 100}%` }} />
      </div>
      <audio ref={audio} src={url} controls preload="metadata" aria-label={name} />
      {limit !== null && (
        <p className="small muted">
          The first {formatDuration(limit)} of {formatDuration(whole)} are shown and played.
        </p>
      )}
      {Heard && <Heard sample={sample} seconds={seconds} onHear={hear} />}
      <p className={`${classes.hint} tiny muted`}>
        {isInDialog && "P plays and pauses, comma and full stop move by a second. "}
        Drag over the picture to repeat a region; {isInDialog ? "R or a click" : "a click"} removes it.
      </p>
    </div>
  );
}

/**
 * Where the player is, in seconds and as a share of what is shown, moved with every frame. It repeats a region where
 * there is one, stops behind a part that was asked for, and at the end of what is shown.
 */
function usePlayhead(audio: React.RefObject<HTMLAudioElement | null>, region: Region | null, limit: number | null) {
  const [place, setPlace] = useState({ seconds: 0, share: 0 });
  const part = useRef<{ from: number; to: number } | null>(null);
  useEffect(() => {
    let frame = requestAnimationFrame(function follow() {
      const player = audio.current;
      if (player && player.duration > 0) {
        const shown = limit ?? player.duration;
        const seconds = player.currentTime;
        if (part.current && isElsewhere(seconds, part.current)) part.current = null;
        if (!player.paused && part.current && seconds >= part.current.to) {
          player.pause();
          part.current = null;
        } else if (!player.paused && limit !== null && seconds >= limit) {
          player.pause();
          player.currentTime = 0;
        } else if (region && !player.paused && seconds >= region.to * shown) {
          player.currentTime = region.from * shown;
        }
        setPlace((old) => (old.seconds === seconds ? old : { seconds, share: Math.min(1, seconds / shown) }));
      }
      frame = requestAnimationFrame(follow);
    });
    return () => cancelAnimationFrame(frame);
  }, [audio, region, limit]);
  const hear = (from: number, to: number) => {
    const player = audio.current;
    if (!player) return;
    part.current = { from, to };
    player.currentTime = from;
    void player.play();
  };
  return { ...place, hear };
}

/** Whether somebody has moved the player away from a part that was asked for. */
function isElsewhere(seconds: number, { from, to }: { from: number; to: number }): boolean {
  return seconds < from - SEEK_SECONDS / 2 || seconds > to + SEEK_SECONDS / 2;
}

function useDrag(onEnd: (from: number, to: number) => void) {
  const [ends, setEnds] = useState<[number, number] | null>(null);
  const region = ends === null ? null : { from: Math.min(...ends), to: Math.max(...ends) };
  const handlers = {
    onPointerDown: (event: PointerEvent<HTMLDivElement>) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      setEnds([placeOf(event), placeOf(event)]);
    },
    onPointerMove: (event: PointerEvent<HTMLDivElement>) => ends && setEnds([ends[0], placeOf(event)]),
    onPointerUp: () => {
      if (region) onEnd(region.from, region.to);
      setEnds(null);
    },
  };
  return { region, handlers };
}

function placeOf(event: PointerEvent<HTMLDivElement>): number {
  const { left, width } = event.currentTarget.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - left) / width));
}
