// A piece of network that can be broken: everything between an executor and a broker goes through one of these.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../../src/dev/kafka/free-port.ts';

/**
 * - `open`: passes bytes on;
 * - `cut`: connections are reset, new ones too;
 * - `swallowing`: connections stay, and new ones are taken, but nothing arrives any more, in neither direction;
 * - `slow`: bytes pass late and a few at a time.
 */
export type LineState = 'open' | 'cut' | 'swallowing' | 'slow';

export interface Slowness {
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}

const HOST = '127.0.0.1';

export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #target = 0;
  #state: LineState = 'open';
  #slowness: Slowness = { delayMs: 0, bytesPerSecond: Infinity };

  private constructor(port: number) {
    this.port = port;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  /** Listens on a free port; without a target it refuses. */
  static async listen(): Promise<TcpProxy> {
    const proxy = new TcpProxy(await freePort());
    proxy.#server.listen(proxy.port, HOST);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Where the other end is. */
  set target(port: number) {
    this.#target = port;
  }

  get state(): LineState {
    return this.#state;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Lets bytes pass again. What was swallowed is delivered now, late, as a network does that sends lost packets again; or, with
   * `forget`, the connections are reset.
   */
  open(forget = false): void {
    if (forget) this.#reset();
    this.#become('open');
  }

  cut(): void {
    this.#become('cut');
    this.#reset();
  }

  swallow(): void {
    this.#become('swallowing');
  }

  slow(slowness: Slowness): void {
    this.#slowness = slowness;
    this.#become('slow');
  }

  async close(): Promise<void> {
    this.cut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #become(state: LineState): void {
    this.#state = state;
    for (const connection of this.#connections) connection.update();
  }

  #reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  #accept(socket: Socket): void {
    if (this.#state === 'cut' || this.#target === 0) {
      socket.on('error', () => undefined);
      socket.resetAndDestroy();
      return;
    }
    const broker = connect({ host: HOST, port: this.#target, allowHalfOpen: true });
    const connection = new Connection(
      [socket, broker],
      () => this.#state,
      () => this.#slowness,
    );
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
    connection.update();
  }
}

/** Two sockets, and a direction each way. */
class Connection {
  readonly #sockets: readonly [Socket, Socket];
  readonly #ways: readonly Way[];

  constructor(sockets: readonly [Socket, Socket], state: () => LineState, slowness: () => Slowness) {
    const [a, b] = sockets;
    this.#sockets = sockets;
    this.#ways = [new Way(a, b, state, slowness), new Way(b, a, state, slowness)];
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      from.on('error', () => undefined);
      from.on('close', (failed) => (failed ? to.resetAndDestroy() : to.destroySoon()));
    }
  }

  update(): void {
    for (const way of this.#ways) way.update();
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}

class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #state: () => LineState;
  /** A chunk is on its slow way, or the other end is full. */
  #busy = false;

  constructor(from: Socket, to: Socket, state: () => LineState, slowness: () => Slowness) {
    this.#from = from;
    this.#to = to;
    this.#state = state;
    from.on('data', (chunk: Buffer) => {
      if (state() !== 'slow') return this.#pass(chunk);
      this.#busy = true;
      this.update();
      const { delayMs, bytesPerSecond } = slowness();
      setTimeout(() => this.#pass(chunk), delayMs + (chunk.length / bytesPerSecond) * 1_000);
    });
    from.on('end', () => to.end());
    to.on('drain', () => this.#free());
  }

  /** Reads when it may: what is not read stays with its sender, as unacknowledged packets do. */
  update(): void {
    if (this.#busy || this.#state() === 'swallowing') this.#from.pause();
    else this.#from.resume();
  }

  #pass(chunk: Buffer): void {
    if (this.#to.destroyed || this.#to.writableEnded) return;
    if (this.#to.write(chunk)) return this.#free();
    this.#busy = true;
    this.update();
  }

  #free(): void {
    this.#busy = false;
    this.update();
  }
}
