/**
 * Requests to this app's own server, with its failures told apart.
 *
 *   no_network      no response: no signal, flight mode, a cut cable
 *   server_slow     no response in time
 *   captive_portal  another host responded: a Wi-Fi sign-in page, or a redirect that is not ours
 *   server_down     a status of 500 or above without an error code of the server
 *   garbage         a response that is not what the endpoint promises
 *   any code of docs/api.md, as the server sent it
 *
 * A foreign page must never pass for a response: every response must have the promised content type and parse.
 * Redirects are never followed.
 */
import { KeptError } from '../core/errors.js';

export type Ask = {
  path: string;
  /** default GET */
  method?: string;
  /** body, sent as JSON */
  json?: unknown;
  /** body, sent as it is */
  bytes?: Uint8Array;
  /** default json */
  want?: 'json' | 'bytes' | 'nothing';
  /** required members of the JSON response and their types; an array may hold objects only */
  fields?: Readonly<Record<string, 'array' | 'boolean' | 'number' | 'string'>>;
  /** for X-Proof */
  proof?: string | null;
  /** of the session, for Authorization */
  token?: string | null;
  /** for X-Ticket: allows sending one file without a session */
  ticket?: string;
  /** send the cookies of an earlier release, until there are tokens */
  cookies?: boolean;
  /** the browser must discard its data for this host: on a borrowed device only */
  leave?: boolean;
  /** the page is closing and does not wait for the response */
  last?: boolean;
  /** ms */
  timeout?: number;
  /** cancels the request */
  signal?: AbortSignal;
};
/** The caller chooses T by docs/api.md; only the members in `fields` are checked */
export type Request = <T>(ask: Ask) => Promise<T>;
type Answer = Record<string, unknown> | Uint8Array | null;

const TIMEOUT = 20_000;
const ERROR_CODE = /^[a-z_]{2,40}$/;

/**
 * @returns a function that resolves to the parsed JSON, the bytes, or null, and throws a KeptError for anything else
 */
export function makeRequest(send: typeof globalThis.fetch = globalThis.fetch.bind(globalThis)): Request {
  return async <T>(ask: Ask) => {
    const timer = new AbortController();
    const late = setTimeout(() => timer.abort(), ask.timeout ?? TIMEOUT);
    const giveUp = () => timer.abort();
    ask.signal?.addEventListener('abort', giveUp);
    try {
      const response = await send(ask.path, options(ask, timer.signal));
      return holding(await answerOf(response, ask.want ?? 'json'), ask.fields ?? {}) as T;
    } catch (error) {
      if (error instanceof KeptError) throw error;
      if (ask.signal?.aborted) throw new KeptError('cancelled');
      throw new KeptError(timer.signal.aborted ? 'server_slow' : 'no_network');
    } finally {
      clearTimeout(late);
      ask.signal?.removeEventListener('abort', giveUp);
    }
  };
}

function options(ask: Ask, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = { 'X-Requested-By': 'app' };
  if (ask.json !== undefined) headers['Content-Type'] = 'application/json';
  if (ask.bytes) headers['Content-Type'] = 'application/octet-stream';
  if (ask.proof) headers['X-Proof'] = ask.proof;
  if (ask.token) headers.Authorization = `Bearer ${ask.token}`;
  if (ask.ticket) headers['X-Ticket'] = ask.ticket;
  if (ask.leave) headers['X-Leave-Nothing'] = 'yes';
  return {
    method: ask.method ?? 'GET',
    headers,
    body: ask.bytes ? (ask.bytes as BodyInit) : ask.json === undefined ? null : JSON.stringify(ask.json),
    signal,
    ...(ask.last ? { keepalive: true } : {}),
    redirect: 'manual',
    // A browser obeys Clear-Site-Data only if the response could have set cookies.
    credentials: ask.cookies || ask.leave ? 'same-origin' : 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
  };
}

/**
 * Return the body.
 * @throws garbage if a field is missing or of another type
 */
function holding(answer: Answer, fields: NonNullable<Ask['fields']>): Answer {
  for (const [name, type] of Object.entries(fields)) {
    const value = (answer as Record<string, unknown>)[name];
    if (!(type === 'array' ? isListOfObjects(value) : typeof value === type)) throw new KeptError('garbage');
  }
  return answer;
}

const isListOfObjects = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null);

async function answerOf(response: Response, want: 'json' | 'bytes' | 'nothing'): Promise<Answer> {
  const type = (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (
    response.type === 'opaqueredirect' ||
    (response.status >= 300 && response.status < 400) ||
    response.status === 511
  ) {
    throw new KeptError('captive_portal');
  }
  if (!response.ok) throw await refusal(response, type);
  if (want === 'nothing' && response.status === 204) return null;
  if (type === 'text/html') throw new KeptError('captive_portal');
  if (want === 'bytes') {
    if (type !== 'application/octet-stream' && type !== 'application/zip') throw new KeptError('garbage');
    return new Uint8Array(await response.arrayBuffer());
  }
  if (want === 'nothing') return null;
  if (type !== 'application/json') throw new KeptError('garbage');
  return parsed(await response.text());
}

async function refusal(response: Response, type: string): Promise<KeptError> {
  if (type === 'application/json') {
    const body = parsed(await response.text());
    if (typeof body.error === 'string' && ERROR_CODE.test(body.error)) {
      const error = new KeptError(body.error, typeof body.message === 'string' ? body.message : undefined);
      return Object.assign(error, {
        missing: body.missing,
        retryAfter: Number(response.headers.get('retry-after')) || null,
      });
    }
  }
  if (response.status >= 500) return new KeptError('server_down');
  return new KeptError(type === 'text/html' ? 'captive_portal' : 'garbage');
}

/**
 * Parse a JSON object.
 * @throws garbage
 */
function parsed(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    if (value && typeof value === 'object') return value;
  } catch {
    // Foreign content must not appear in an error message.
  }
  throw new KeptError('garbage');
}

/** Transient failures: nothing is wrong with what was sent. */
const PASSING = new Set([
  'no_network',
  'server_slow',
  'captive_portal',
  'server_down',
  'garbage',
  'unavailable',
  'internal',
  'try_later',
]);

export function isPassing(error: unknown) {
  return error instanceof KeptError && PASSING.has(error.code);
}

/** Tell whether a failure means that the session has ended. */
export function isOver(error: unknown): boolean {
  return error instanceof KeptError && (error.code === 'signed_out' || error.code === 'session_ended');
}
