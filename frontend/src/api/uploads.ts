import { api, ApiError, apiPath } from "./client";
import type { Upload } from "./types";

const CHUNK_BYTES = 4 * 1024 * 1024;
const TRIES = 5;

/** Sends a file in chunks; after a lost connection it asks where to go on. Gives the upload's id. */
export async function uploadFile(
  file: File,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const upload = await api.post<Upload>("/api/uploads", { name: file.name, size: file.size });
  const abandon = () => void api.delete(apiPath("uploads", upload.id)).catch(() => undefined);
  signal.addEventListener("abort", abandon, { once: true });
  let offset = upload.offset;
  let failures = 0;
  while (offset < file.size) {
    signal.throwIfAborted();
    try {
      offset = await sendChunk(upload.id, file, offset, signal);
      failures = 0;
      onProgress(offset);
    } catch (error) {
      failures += 1;
      if (!isWorthAnotherTry(error) || failures >= TRIES) throw error;
      await pause(300 * 2 ** failures);
      offset = (await api.get<Upload>(apiPath("uploads", upload.id), {}, signal)).offset;
    }
  }
  signal.removeEventListener("abort", abandon);
  return upload.id;
}

async function sendChunk(id: string, file: File, offset: number, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const chunk = file.slice(offset, offset + CHUNK_BYTES);
  return (await api.put<Upload>(`${apiPath("uploads", id)}?offset=${offset}`, chunk)).offset;
}

function isWorthAnotherTry(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 409 || error.status >= 500);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
