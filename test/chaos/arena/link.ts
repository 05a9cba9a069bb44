import { TcpProxy, type Slowness } from './tcp-proxy.ts';

/** The way of some executors to all brokers: a proxy before each. */
export class Link {
  readonly listener: string;
  readonly #proxies: ReadonlyMap<number, TcpProxy>;

  private constructor(listener: string, proxies: ReadonlyMap<number, TcpProxy>) {
    this.listener = listener;
    this.#proxies = proxies;
  }

  /** @param listener name of the brokers' listener behind it */
  static async create(listener: string, nodeIds: readonly number[]): Promise<Link> {
    const proxies = new Map<number, TcpProxy>();
    for (const nodeId of nodeIds) proxies.set(nodeId, await TcpProxy.listen());
    return new Link(listener, proxies);
  }

  /** What executors are given as KAFKA_BROKER. */
  get bootstrap(): string {
    return [...this.#proxies.values()].map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  proxy(nodeId: number): TcpProxy {
    const found = this.#proxies.get(nodeId);
    if (found === undefined) throw new Error(`no broker ${nodeId}`);
    return found;
  }

  cut(nodeIds?: readonly number[]): void {
    for (const proxy of this.#of(nodeIds)) proxy.cut();
  }

  swallow(nodeIds?: readonly number[]): void {
    for (const proxy of this.#of(nodeIds)) proxy.swallow();
  }

  slow(slowness: Slowness): void {
    for (const proxy of this.#of()) proxy.slow(slowness);
  }

  /** As it was before; see TcpProxy.open. */
  open(forget = false): void {
    for (const proxy of this.#of()) proxy.open(forget && proxy.state === 'swallowing');
  }

  async close(): Promise<void> {
    await Promise.all(this.#of().map(async (proxy) => proxy.close()));
  }

  #of(nodeIds?: readonly number[]): readonly TcpProxy[] {
    return nodeIds === undefined ? [...this.#proxies.values()] : nodeIds.map((nodeId) => this.proxy(nodeId));
  }
}
