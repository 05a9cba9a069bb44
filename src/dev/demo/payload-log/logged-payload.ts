/** A payload that the deployment has logged. */
export interface LoggedPayload {
  /** `request`, `response` or `feedback`. */
  readonly kind: string;
  readonly node: string;
  /** Brings the payloads of one prediction together. */
  readonly requestId: string;
  /** When the message passed, in milliseconds; where that is not told, its place among the others. */
  readonly order: number;
  readonly body: Buffer;
}

/** Where payloads are logged to. */
export interface PayloadLog {
  /** Variables that make the deployment log to it. */
  readonly env: Readonly<Record<string, string>>;
  /** What it is, for people. */
  readonly title: string;
  readonly payloads: readonly LoggedPayload[];
  /** Resolves when everything that was logged before has been read. */
  caughtUp(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** The last word of an event's type, such as `io.seldon.serving.inference.request`. */
export function payloadKind(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}
