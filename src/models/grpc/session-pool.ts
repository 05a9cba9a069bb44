import { GrpcSession, type SessionLimits, type SessionOwner } from './grpc-session.ts';

/** A call that waits for a session. */
export interface WaitingCall {
  begin(session: GrpcSession): void;
  /** No session could be made. */
  unreachable(error: Error): void;
  /** The pool was closed. */
  cancelled(): void;
}

/** What bounds the connections to one node. */
export interface PoolLimits extends SessionLimits {
  /** Sessions at one time. */
  readonly maxSessions: number;
}

// Another session is opened when the least busy one has so many calls: behind one address there can be several servers.
const CALLS_BEFORE_NEXT_SESSION = 32;
// After a session could not be made while others work.
const GROWTH_PAUSE_MS = 1_000;

/** The sessions to one node. Calls go to the least busy one, and wait, in order, while all are full or none is there yet. */
export class SessionPool implements SessionOwner {
  readonly #origin: string;
  readonly #limits: PoolLimits;
  readonly #sessions = new Set<GrpcSession>();
  readonly #connecting = new Set<GrpcSession>();
  /** Ended for new calls, with calls still under way. */
  readonly #ending = new Set<GrpcSession>();
  readonly #waiting = new Set<WaitingCall>();
  #growAfter = 0;
  #closed = false;

  constructor(origin: string, limits: PoolLimits) {
    this.#origin = origin;
    this.#limits = limits;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Begins the call, or keeps it until it can begin. */
  submit(call: WaitingCall): void {
    if (this.#closed) return call.cancelled();
    const session = this.#waiting.size === 0 ? this.#pick() : undefined;
    if (session !== undefined) return call.begin(session);
    this.#waiting.add(call);
    this.#open();
  }

  /** The call waits no longer. */
  withdraw(call: WaitingCall): void {
    this.#waiting.delete(call);
  }

  close(): void {
    this.#closed = true;
    for (const call of this.#taken()) call.cancelled();
    for (const session of [...this.#sessions, ...this.#ending]) session.destroy();
  }

  ready(session: GrpcSession): void {
    this.#connecting.delete(session);
    this.freed();
  }

  freed(): void {
    for (const session of this.#ending) if (session.calls === 0) this.#ending.delete(session);
    for (const call of this.#waiting) {
      const session = this.#pick();
      if (session === undefined) return this.#open();
      this.#waiting.delete(call);
      call.begin(session);
    }
  }

  gone(session: GrpcSession, error: Error | undefined): void {
    const neverOpen = this.#connecting.delete(session);
    this.#sessions.delete(session);
    if (session.calls > 0) this.#ending.add(session);
    if (neverOpen) this.#growAfter = performance.now() + GROWTH_PAUSE_MS;
    if (this.#closed || this.#waiting.size === 0) return;
    if (!neverOpen) this.#open();
    else if (this.#sessions.size === 0) this.#fail(error ?? new Error('the server ended the connection at once'));
  }

  #pick(): GrpcSession | undefined {
    let best: GrpcSession | undefined;
    for (const session of this.#sessions) {
      if (session.isFree && (best === undefined || session.calls < best.calls)) best = session;
    }
    if (best !== undefined && best.calls >= CALLS_BEFORE_NEXT_SESSION) this.#open();
    return best;
  }

  #open(): void {
    if (this.#connecting.size > 0 || this.#sessions.size >= this.#limits.maxSessions) return;
    if (this.#sessions.size > 0 && performance.now() < this.#growAfter) return;
    let session: GrpcSession;
    try {
      session = new GrpcSession(this.#origin, this.#limits, this);
    } catch (error) {
      // Not an address at all.
      return this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
    this.#sessions.add(session);
    this.#connecting.add(session);
  }

  #fail(why: Error): void {
    for (const call of this.#taken()) call.unreachable(why);
  }

  #taken(): WaitingCall[] {
    const calls = [...this.#waiting];
    this.#waiting.clear();
    return calls;
  }
}
