import type { NodeEndpoint } from '../graph/model-client.ts';

/** One thing for each address that nodes have, such as its connections; made when a call first needs it. */
export class ByAddress<T> {
  readonly #make: (authority: string) => T;
  readonly #byAuthority = new Map<string, T>();
  /** Saves making the key: endpoints of a compiled graph stay the same objects. */
  readonly #byEndpoint = new WeakMap<NodeEndpoint, T>();

  /** @param make gets `host:port`, an IPv6 address in brackets */
  constructor(make: (authority: string) => T) {
    this.#make = make;
  }

  of(endpoint: NodeEndpoint): T {
    const known = this.#byEndpoint.get(endpoint);
    if (known !== undefined) return known;
    const authority = authorityOf(endpoint);
    let one = this.#byAuthority.get(authority);
    if (one === undefined) {
      one = this.#make(authority);
      this.#byAuthority.set(authority, one);
    }
    this.#byEndpoint.set(endpoint, one);
    return one;
  }

  all(): Iterable<T> {
    return this.#byAuthority.values();
  }
}

function authorityOf({ host, port }: NodeEndpoint): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}
