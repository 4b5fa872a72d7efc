/** Samples of one channel, -1 to 1, as a WAV file of 16 bits: every server reads it, unlike what browsers record. */
export function wavOf(samples: Float32Array, sampleRate: number): Blob {
  const data = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const write = (place: number, text: string) =>
    [...text].forEach((letter, i) => data.setUint8(place + i, letter.charCodeAt(0)));
  write(0, "RIFF");
  data.setUint32(4, 36 + 2 * samples.length, true);
  write(8, "WAVEfmt ");
  data.setUint32(16, 16, true);
  data.setUint16(20, 1, true); // whole numbers, uncompressed
  data.setUint16(22, 1, true);
  data.setUint32(24, sampleRate, true);
  data.setUint32(28, 2 * sampleRate, true);
  data.setUint16(32, 2, true);
  data.setUint16(34, 16, true);
  write(36, "data");
  data.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => data.setInt16(44 + 2 * i, Math.round(Math.max(-1, Math.min(1, value)) * 0x7fff), true));
  return new Blob([data], { type: "audio/wav" });
}

/** The mean of all channels. */
export function monoOf(channels: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array()] = channels;
  return first.map((_, i) => channels.reduce((sum, channel) => sum + (channel[i] ?? 0), 0) / channels.length);
}

/** What a browser recorded, in whatever format, as a WAV file. */
export async function asWav(recorded: Blob, name: string): Promise<File> {
  const context = new AudioContext();
  try {
    const sound = await context.decodeAudioData(await recorded.arrayBuffer());
    const channels = Array.from({ length: sound.numberOfChannels }, (_, i) => sound.getChannelData(i));
    return new File([wavOf(monoOf(channels), sound.sampleRate)], name, { type: "audio/wav" });
  } finally {
    await context.close();
  }
}
