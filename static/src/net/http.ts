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

export type RequestOptions = {
  path: string;
  /** default GET */
  method?: string;
  /** body, sent as JSON */
  json?: unknown;
  /** body, sent as it is */
  bytes?: Uint8Array;
  /** default json */
  expect?: 'json' | 'bytes' | 'nothing';
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
  leaveNothing?: boolean;
  /** the page is closing and does not wait for the response */
  keepalive?: boolean;
  /** ms */
  timeout?: number;
  /** cancels the request */
  signal?: AbortSignal;
};
/** The caller chooses T by docs/api.md; only the members in `fields` are checked */
export type RequestFunction = <T>(request: RequestOptions) => Promise<T>;
type ResponseBody = Record<string, unknown> | Uint8Array | null;

const TIMEOUT = 20_000;
const ERROR_CODE = /^[a-z_]{2,40}$/;

/**
 * @returns a function that resolves to the parsed JSON, the bytes, or null, and throws a KeptError for anything else
 */
export function makeRequest(send: typeof globalThis.fetch = globalThis.fetch.bind(globalThis)): RequestFunction {
  return async <T>(request: RequestOptions) => {
    const controller = new AbortController();
    const timeoutId = setTimeout(() => controller.abort(), request.timeout ?? TIMEOUT);
    const abort = () => controller.abort();
    request.signal?.addEventListener('abort', abort);
    try {
      const response = await send(request.path, fetchOptions(request, controller.signal));
      return checkFields(await readBody(response, request.expect ?? 'json'), request.fields ?? {}) as T;
    } catch (error) {
      if (error instanceof KeptError) throw error;
      if (request.signal?.aborted) throw new KeptError('cancelled');
      throw new KeptError(controller.signal.aborted ? 'server_slow' : 'no_network');
    } finally {
      clearTimeout(timeoutId);
      request.signal?.removeEventListener('abort', abort);
    }
  };
}

function fetchOptions(request: RequestOptions, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = { 'X-Requested-By': 'app' };
  if (request.json !== undefined) headers['Content-Type'] = 'application/json';
  if (request.bytes) headers['Content-Type'] = 'application/octet-stream';
  if (request.proof) headers['X-Proof'] = request.proof;
  if (request.token) headers.Authorization = `Bearer ${request.token}`;
  if (request.ticket) headers['X-Ticket'] = request.ticket;
  if (request.leaveNothing) headers['X-Leave-Nothing'] = 'yes';
  return {
    method: request.method ?? 'GET',
    headers,
    body: request.bytes
      ? (request.bytes as BodyInit)
      : request.json === undefined
        ? null
        : JSON.stringify(request.json),
    signal,
    ...(request.keepalive ? { keepalive: true } : {}),
    redirect: 'manual',
    // A browser obeys Clear-Site-Data only if the response could have set cookies.
    credentials: request.cookies || request.leaveNothing ? 'same-origin' : 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
  };
}

/**
 * Return the body.
 * @throws garbage if a field is missing or of another type, or there is no body
 */
function checkFields(body: ResponseBody, fields: NonNullable<RequestOptions['fields']>): ResponseBody {
  for (const [name, type] of Object.entries(fields)) {
    const value = (body as Record<string, unknown> | null)?.[name];
    if (!(type === 'array' ? isListOfObjects(value) : typeof value === type)) throw new KeptError('garbage');
  }
  return body;
}

const isListOfObjects = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);

async function readBody(response: Response, expect: 'json' | 'bytes' | 'nothing'): Promise<ResponseBody> {
  const type = (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (
    response.type === 'opaqueredirect' ||
    (response.status >= 300 && response.status < 400) ||
    response.status === 511
  ) {
    throw new KeptError('captive_portal');
  }
  if (!response.ok) throw await errorOf(response, type);
  if (expect === 'nothing' && response.status === 204) return null;
  if (type === 'text/html') throw new KeptError('captive_portal');
  if (expect === 'bytes') {
    if (type !== 'application/octet-stream' && type !== 'application/zip') throw new KeptError('garbage');
    return new Uint8Array(await response.arrayBuffer());
  }
  if (expect === 'nothing') return null;
  if (type !== 'application/json') throw new KeptError('garbage');
  return parseJsonObject(await response.text());
}

async function errorOf(response: Response, type: string): Promise<KeptError> {
  if (type === 'application/json') {
    const body = parseJsonObject(await response.text());
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
function parseJsonObject(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    if (value && typeof value === 'object') return value;
  } catch {
    // Foreign content must not appear in an error message.
  }
  throw new KeptError('garbage');
}

/** Transient failures: nothing is wrong with what was sent. */
const TRANSIENT = new Set([
  'no_network',
  'server_slow',
  'captive_portal',
  'server_down',
  'garbage',
  'unavailable',
  'internal',
  'try_later',
]);

export function isTransient(error: unknown) {
  return error instanceof KeptError && TRANSIENT.has(error.code);
}

/** Tell whether a failure means that the session has ended. */
export function isSessionOver(error: unknown): boolean {
  return error instanceof KeptError && (error.code === 'signed_out' || error.code === 'session_ended');
}

/** Fetch a file of this app, past the browser's own cache. @throws TypeError without a connection */
export function fetchAppFile(address: string, signal: AbortSignal): Promise<Response> {
  return fetch(address, { credentials: 'same-origin', redirect: 'error', cache: 'no-store', signal });
}
