import type { Finding, Problem } from "./types";

export type Query = Record<string, string | number | boolean | null | undefined>;

/** An answer other than 2xx, or no answer at all (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    readonly findings: Finding[] = [],
    readonly body: unknown = null,
  ) {
    super(problem.message);
    this.name = "ApiError";
  }
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>("GET", path, { query, signal }),
  post: <T>(path: string, body?: unknown, headers?: Record<string, string>) =>
    request<T>("POST", path, { body: body ?? {}, headers }),
  put: <T>(path: string, body: unknown) => request<T>("PUT", path, { body }),
  patch: <T>(path: string, body: unknown) => request<T>("PATCH", path, { body }),
  delete: <T>(path: string) => request<T>("DELETE", path, {}),
};

/** A path below `/api`, with the parts escaped: `apiPath("datasets", id)` -> `/api/datasets/…`. */
export function apiPath(...parts: (string | number)[]): string {
  return `/api/${parts.map((part) => encodeURIComponent(String(part))).join("/")}`;
}

export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

type Options = { query?: Query; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal };

async function request<T>(method: string, path: string, { query, body, headers, signal }: Options): Promise<T> {
  const isRaw = body instanceof Blob;
  const response = await send(withQuery(path, query), {
    method,
    signal,
    headers: {
      Accept: "application/json",
      ...(body === undefined ? {} : { "Content-Type": isRaw ? "application/octet-stream" : "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : isRaw ? body : JSON.stringify(body),
  });
  return (await read(response)) as T;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, {
      code: "unreachable",
      message: "The server does not respond.",
      hint: "Check that the server is running, then try again.",
    });
  }
}

/** The JSON of an answer; raises ApiError for anything but 2xx. */
export async function read(response: Response): Promise<unknown> {
  const text = await response.text();
  const body = parse(text);
  if (response.ok) return body;
  throw new ApiError(response.status, problemOf(response.status, body), findingsOf(body), body);
}

function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function problemOf(status: number, body: unknown): Problem {
  if (typeof body === "object" && body !== null && "error" in body) return body.error as Problem;
  if (status === 401)
    return {
      code: "signed_out",
      message: "This browser is not signed in to the studio.",
      hint: "Open the launch address that the server printed.",
    };
  return {
    code: `http_${status}`,
    message: `The server responded with status ${status}.`,
    hint: "Try again. Details are in the server's log.",
  };
}

function findingsOf(body: unknown): Finding[] {
  if (typeof body === "object" && body !== null && "findings" in body && Array.isArray(body.findings))
    return body.findings as Finding[];
  return [];
}
