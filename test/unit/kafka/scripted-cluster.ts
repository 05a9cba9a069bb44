// A cluster without sockets: the test holds every call in its hands and answers it when and how it likes.
import type { Cluster } from '../../../src/kafka/cluster/cluster.ts';
import type { TopicMetadata } from '../../../src/kafka/cluster/topic-metadata.ts';
import { KafkaError } from '../../../src/kafka/kafka-error.ts';

export interface ScriptedCall {
  readonly api: string;
  readonly node: number | undefined;
  /** What its connection is for. */
  readonly role: string;
  /** Arguments of the library's call, without the connection. */
  readonly args: readonly unknown[];
  answer(response: unknown): void;
  fail(error: Error): void;
}

export class ScriptedCluster {
  /** Leaders by topic and partition; change it, and the next look sees it. */
  readonly leaders = new Map<string, number[]>();
  /** Ids of topics; the name where there is none. */
  readonly ids = new Map<string, string>();
  /** Calls not answered yet, in their order. */
  readonly open: ScriptedCall[] = [];
  /** What was waited for after a failure, in words. */
  readonly pauses: string[] = [];
  /** Roles that have failed and not recovered, with the broker where one is meant. */
  readonly troubled = new Set<string>();
  refreshes = 0;
  /** What the next look at the metadata fails with. */
  refreshFailure: Error | undefined;
  closed = false;
  readonly #always = new Map<string, unknown>();
  #arrived = Promise.withResolvers<void>();
  readonly #closing = new AbortController();

  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** The real thing's type, which is all that the code under test asks of it. */
  asCluster(): Cluster {
    return this as unknown as Cluster;
  }

  topic(name: string): TopicMetadata | undefined {
    const leaders = this.leaders.get(name);
    if (leaders === undefined) return undefined;
    const id = this.ids.get(name) ?? name;
    return { name, id, partitions: leaders.map((leader, partition) => ({ partition, leader, leaderEpoch: 0 })) };
  }

  bind(role: string, family: { readonly name: string }, node?: number) {
    let closed = false;
    const calls: ScriptedCall[] = [];
    const connection = {
      close: async () => {
        closed = true;
        for (const call of calls) {
          const index = this.open.indexOf(call);
          if (index >= 0) this.open.splice(index, 1);
          call.fail(new Error('the connection is closed'));
        }
      },
    };
    const call = (_connection: unknown, ...args: unknown[]) =>
      new Promise<unknown>((resolve, reject) => {
        if (this.closed || closed) return reject(new Error('the cluster is closed'));
        if (this.#always.has(family.name)) return resolve(this.#always.get(family.name));
        const made = { api: family.name, node, role, args, answer: resolve, fail: reject };
        calls.push(made);
        this.open.push(made);
        this.#arrived.resolve();
        this.#arrived = Promise.withResolvers();
      });
    return Promise.resolve({ api: { version: 11, call }, connection });
  }

  /** Calls of this API are answered so, and not held. */
  answerAlways(api: string, response: unknown): void {
    this.#always.set(api, response);
  }

  refresh(): Promise<void> {
    this.refreshes++;
    const failure = this.refreshFailure;
    this.refreshFailure = undefined;
    return failure === undefined ? Promise.resolve() : Promise.reject(failure);
  }

  persist<T>(_role: string, _what: string, operation: () => Promise<T>): Promise<T> {
    return operation();
  }

  pause(
    role: string,
    what: string,
    error: KafkaError,
    _attempt: number,
    _signal?: AbortSignal,
    broker?: number,
  ): Promise<void> {
    this.troubled.add(place(role, broker));
    this.pauses.push(`${what}: ${error.code}`);
    return new Promise((resolve) => setTimeout(resolve, 1));
  }

  recovered(role: string, broker?: number): void {
    this.troubled.delete(place(role, broker));
  }

  /** Fails every call, those that are open and those that come. */
  close(): void {
    this.closed = true;
    this.#closing.abort();
    for (const call of this.open.splice(0)) call.fail(new Error('the cluster is closed'));
  }

  /** The next call that the test says, as soon as it is made; it is then no longer open. */
  async take(test: (call: ScriptedCall) => boolean = () => true): Promise<ScriptedCall> {
    const limit = AbortSignal.timeout(60_000);
    for (;;) {
      const index = this.open.findIndex(test);
      const [found] = index < 0 ? [] : this.open.splice(index, 1);
      if (found) return found;
      if (this.closed || limit.aborted) throw new Error('no such call was made');
      await Promise.race([this.#arrived.promise, new Promise((resolve) => setTimeout(resolve, 100))]);
    }
  }
}

function place(role: string, broker: number | undefined): string {
  return broker === undefined ? role : `${role} ${broker}`;
}

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
