import type { CertificateFiles } from './certificate-files.ts';
import { listenError } from './listen-error.ts';

/** What the HTTP and the gRPC server are told alike. */
export interface ListenOptions {
  /** Address to listen on; `::` is every address, of IPv4 alone where the machine has no IPv6. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Of TLS; plain text where there is none. */
  readonly certificate?: CertificateFiles | undefined;
  /** A request has to have arrived within this time, in milliseconds; 5 minutes where it is not said. */
  readonly requestTimeoutMs?: number;
}

/** Limit of a whole request, from its first byte to its last, where none is given. */
export const REQUEST_TIMEOUT_MS = 300_000;

/** A server that listens. */
export interface RpcServer {
  /** The port it listens on. */
  readonly port: number;
  /**
   * Takes no new requests and waits for those that are running, but not longer than the limit.
   *
   * @returns whether all have been answered
   */
  close(withinMs: number): Promise<boolean>;
}

/**
 * Opens a port, on every IPv4 address where every address was asked for and the kernel has no IPv6.
 *
 * @param open rejects with why the port cannot be listened on
 * @param codeOf the operating system's code of that
 * @throws MillraceError LISTEN_FAILED that names the port and the remedy
 */
export async function listenOn<T>(
  { host, port }: ListenOptions,
  open: (host: string, port: number) => Promise<T>,
  codeOf: (error: unknown) => string | undefined,
): Promise<T> {
  try {
    return await open(host, port);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EAFNOSUPPORT' && host === '::') return listenOn({ host: '0.0.0.0', port }, open, codeOf);
    throw listenError(error, code, host, port);
  }
}

/**
 * Waits for the end of a server that takes no new requests; when the limit is over, ends what is left of it.
 *
 * @returns whether it came in time
 */
export async function endWithin(withinMs: number, ended: Promise<void>, force: () => void): Promise<boolean> {
  const limit = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => {
    force();
    // A server that was forced may still wait for connections that nobody ends.
    limit.resolve(false);
  }, withinMs);
  const inTime = await Promise.race([ended.then(() => true), limit.promise]);
  clearTimeout(timer);
  return inTime;
}
