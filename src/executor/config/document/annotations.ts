import type { Problem } from '../../../base/errors.ts';
import type { Transport } from '../../../protocol/payload.ts';

/** Where the operator mounts the pod's annotations (Kubernetes' downward API). */
export const ANNOTATIONS_FILE = '/etc/podinfo/annotations';

/**
 * Reads the downward API's form: lines of `key="value"`, the value quoted as Go quotes. A value may hold `=`; Seldon dropped
 * every annotation of the pod when one did.
 */
export function parseAnnotations(text: string): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) annotations[line.slice(0, equals).trim()] = unquote(line.slice(equals + 1).trim());
  }
  return annotations;
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    // An escape that Go knows and JSON does not, such as \x07: only the quotes go.
    return text.replace(/^"|"$/g, '');
  }
}

/**
 * Limit of one model call from `seldon.io/rest-timeout` or `seldon.io/grpc-timeout`, in milliseconds; undefined where the
 * annotation is absent, or 0 or negative, which meant "no limit" to Seldon.
 */
export function modelTimeoutOf(
  annotations: Readonly<Record<string, string>>,
  transport: Transport,
): { readonly timeoutMs: number | undefined; readonly problems: readonly Problem[] } {
  const name = transport === 'grpc' ? 'seldon.io/grpc-timeout' : 'seldon.io/rest-timeout';
  const text = annotations[name];
  if (text === undefined) return { timeoutMs: undefined, problems: [] };
  if (!/^[+-]?\d{1,15}$/.test(text)) {
    const message = `'${text}' is not a whole number of milliseconds`;
    return {
      timeoutMs: undefined,
      problems: [{ path: `annotation ${name}`, message, remedy: 'give one such as "5000", or remove the annotation' }],
    };
  }
  const timeoutMs = Number(text);
  return { timeoutMs: timeoutMs > 0 ? timeoutMs : undefined, problems: [] };
}

/** Of Seldon's engines before the executor, which neither Seldon's executor nor this one reads, and what to write instead. */
const OLD_TIMEOUTS: Readonly<Record<string, string>> = {
  'seldon.io/rest-read-timeout': 'seldon.io/rest-timeout',
  'seldon.io/rest-connection-timeout': 'seldon.io/rest-timeout',
  'seldon.io/grpc-read-timeout': 'seldon.io/grpc-timeout',
};

/** A warning for each timeout that somebody wrote and nobody reads. */
export function timeoutsNotRead(annotations: Readonly<Record<string, string>>): string[] {
  return Object.entries(OLD_TIMEOUTS)
    .filter(([name]) => annotations[name] !== undefined)
    .map(
      ([name, instead]) => `annotation ${name}: is not read, as in Seldon Core since its executor; write ${instead}`,
    );
}

/** Largest message that gRPC can carry. */
const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

/** Largest message that the gRPC server takes, from `seldon.io/grpc-max-message-size`, in bytes; undefined where it is absent. */
export function messageLimitOf(annotations: Readonly<Record<string, string>>): {
  readonly maxMessageBytes: number | undefined;
  readonly problems: readonly Problem[];
} {
  const name = 'seldon.io/grpc-max-message-size';
  const text = annotations[name];
  if (text === undefined) return { maxMessageBytes: undefined, problems: [] };
  const maxMessageBytes = /^\+?\d{1,15}$/.test(text) ? Number(text) : 0;
  if (maxMessageBytes >= 1 && maxMessageBytes <= MAX_MESSAGE_BYTES) return { maxMessageBytes, problems: [] };
  const message = `'${text}' is not a number of bytes from 1 to ${MAX_MESSAGE_BYTES}`;
  const remedy = 'give one such as "10485760", or remove the annotation';
  return { maxMessageBytes: undefined, problems: [{ path: `annotation ${name}`, message, remedy }] };
}
