import { apis, type ApiFamily, type LibraryApi } from '../cluster/api.ts';
import type { BoundApi, Cluster } from '../cluster/cluster.ts';

const GROUP_KEY = 0;

/** The broker that keeps a consumer group: found when it is needed, and anew when it did not answer as one. */
export class GroupCoordinator {
  readonly #cluster: Cluster;
  readonly #group: string;
  readonly #topic: string;
  #node = -1;

  /** @param topic whose metadata is asked for in passing, which makes the coordinator's address known */
  constructor(cluster: Cluster, group: string, topic: string) {
    this.#cluster = cluster;
    this.#group = group;
    this.#topic = topic;
  }

  /** @throws KafkaError, of kind `retry` while there is no coordinator */
  async bind<A extends LibraryApi>(
    family: ApiFamily<A>,
    use: 'group' | 'join' | 'heartbeat' = 'group',
  ): Promise<BoundApi<A>> {
    if (this.#node < 0) this.#node = await this.#find();
    return this.#cluster.bind(use, family, this.#node);
  }

  forget(): void {
    this.#node = -1;
  }

  async #find(): Promise<number> {
    // First, for it finds out which broker answers.
    await this.#cluster.refresh([this.#topic]);
    const { api, connection } = await this.#cluster.bind('metadata', apis.findCoordinator);
    const response = await api.call(connection, GROUP_KEY, [this.#group]);
    return response.coordinators[0]?.nodeId ?? -1;
  }
}
