import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';

/** What a session tells the pool that it belongs to. */
export interface SessionOwner {
  /** The server has said what it takes: calls may begin. */
  ready(session: GrpcSession): void;
  /** A call has ended, or the server has changed how many it takes. */
  freed(): void;
  /** The session takes no more calls. `error` is why; undefined for an end that was asked for. */
  gone(session: GrpcSession, error: Error | undefined): void;
}

/** What bounds one connection. */
export interface SessionLimits {
  /** From the start to the server's settings, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Calls at one time, where the server does not ask for fewer. */
  readonly maxCalls: number;
  /** How long calls may hear nothing before the connection is tested, and how long that may take, in milliseconds. */
  readonly keepaliveMs: number;
}

// Large answers must not wait for a window update every 64 KB. What arrives is taken at once, so this holds no memory.
const STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
const SESSION_WINDOW_BYTES = 16 * 1024 * 1024;
const TCP_KEEPALIVE_MS = 30_000;
// HTTP/2 numbers its streams, with odd numbers below 2^31 for those of a client.
const MAX_CALLS = 2 ** 29;

/**
 * One HTTP/2 connection to a node. It takes calls from when the server has sent its settings, which only HTTP/2 servers do, until it
 * breaks, or either side wants it to end; calls that had begun by then may still end well.
 */
export class GrpcSession {
  readonly #owner: SessionOwner;
  readonly #limits: SessionLimits;
  readonly #http2: ClientHttp2Session;
  readonly #connectTimer: NodeJS.Timeout;
  readonly #keepalive: NodeJS.Timeout;
  #state: 'connecting' | 'open' | 'ended' = 'connecting';
  #calls = 0;
  #begun = 0;
  /** Counts what has come from the server. */
  #heard = 0;
  #heardAtTick = -1;
  #heardAtPing = -1;

  constructor(origin: string, limits: SessionLimits, owner: SessionOwner) {
    this.#owner = owner;
    this.#limits = limits;
    this.#http2 = connect(origin, {
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
      // Bytes in flight are bounded by the stream; node's own bound of 10 MB would refuse large requests.
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
    });
    this.#connectTimer = setTimeout(() => {
      this.#http2.destroy(new Error(`no HTTP/2 connection within ${limits.connectTimeoutMs} ms`));
    }, limits.connectTimeoutMs);
    this.#keepalive = setInterval(() => this.#tick(), limits.keepaliveMs);
    this.#keepalive.unref();
    let failure: Error | undefined;
    this.#http2
      .on('connect', (_session, socket) => {
        // Node tells of a connection also when it comes after the session was given up.
        if (this.#http2.destroyed) return;
        this.#http2.setLocalWindowSize(SESSION_WINDOW_BYTES);
        socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
      })
      .on('remoteSettings', () => this.#settingsCame())
      // Later calls go elsewhere. Those that the server has not seen are refused one by one, and can be repeated safely.
      .on('goaway', () => this.#end(undefined))
      .on('error', (error: Error) => (failure = error))
      .on('close', () => {
        clearInterval(this.#keepalive);
        this.#end(failure ?? new Error('the server closed the connection'));
      });
  }

  /** Calls under way. */
  get calls(): number {
    return this.#calls;
  }

  /** Whether it takes another call now. */
  get isFree(): boolean {
    if (this.#state !== 'open' || this.#http2.closed || this.#http2.destroyed) return false;
    const { maxConcurrentStreams = Infinity } = this.#http2.remoteSettings;
    return this.#calls < Math.min(this.#limits.maxCalls, maxConcurrentStreams);
  }

  /** Goes up with everything that comes from the server; a call compares it to know whether anything came meanwhile. */
  get heard(): number {
    return this.#heard;
  }

  /**
   * Begins a call.
   *
   * @param headers pseudo headers first, name and value in turn
   * @throws what HTTP/2 says of headers that it cannot send
   */
  request(headers: readonly string[]): ClientHttp2Stream {
    const stream = this.#http2.request(headers);
    if (++this.#begun >= MAX_CALLS) this.retire();
    // A quiet connection has not been silent to anybody.
    if (this.#calls++ === 0) this.#heardAtTick = -1;
    stream.once('close', () => {
      this.#calls--;
      this.#owner.freed();
    });
    return stream;
  }

  /** Something came from the server. */
  hear(): void {
    this.#heard++;
  }

  /** Takes no more calls, and closes when those under way have ended: the server answers none of them. */
  retire(): void {
    if (this.#state === 'ended') return;
    this.#end(undefined);
    this.#http2.close();
  }

  /** Breaks off what is under way. */
  destroy(): void {
    this.#http2.destroy(undefined, constants.NGHTTP2_CANCEL);
  }

  #settingsCame(): void {
    if (this.#state === 'open') return this.#owner.freed();
    if (this.#state === 'ended') return;
    clearTimeout(this.#connectTimer);
    this.#state = 'open';
    this.#owner.ready(this);
  }

  #end(error: Error | undefined): void {
    if (this.#state === 'ended') return;
    clearTimeout(this.#connectTimer);
    this.#state = 'ended';
    this.#owner.gone(this, error);
  }

  /**
   * Tests the connection when calls wait and nothing has come for a while. Once only until something comes: servers end connections
   * that ping more than they are spoken to.
   */
  #tick(): void {
    const silent = this.#calls > 0 && this.#heard === this.#heardAtTick;
    this.#heardAtTick = this.#heard;
    if (!silent || this.#heard === this.#heardAtPing || this.#http2.destroyed) return;
    const limit = setTimeout(() => {
      this.#http2.destroy(new Error(`the connection is dead: no answer to a ping in ${this.#limits.keepaliveMs} ms`));
    }, this.#limits.keepaliveMs);
    this.#http2.ping((error: Error | null) => {
      clearTimeout(limit);
      if (error === null) this.#heardAtPing = this.#heardAtTick = ++this.#heard;
    });
  }
}
