import * as library from '@platformatic/kafka';
import { apiVersionsV3, type Connection } from '@platformatic/kafka';
import { packageVersion } from '../../base/version.ts';
import { KafkaError } from '../kafka-error.ts';

/**
 * Calls of the Kafka protocol, in the newest version that both this client and the broker know. The library keeps the
 * arguments of an API the same over its versions; types are those of the newest.
 */
export const apis = {
  metadata: family<typeof library.metadataV12.api>('metadata', 9, 12),
  findCoordinator: family<typeof library.findCoordinatorV6.api>('findCoordinator', 3, 6),
  joinGroup: family<typeof library.joinGroupV9.api>('joinGroup', 5, 9),
  syncGroup: family<typeof library.syncGroupV5.api>('syncGroup', 3, 5),
  heartbeat: family<typeof library.heartbeatV4.api>('heartbeat', 3, 4),
  consumerGroupHeartbeat: family<typeof library.consumerGroupHeartbeatV1.api>('consumerGroupHeartbeat', 0, 1),
  describeGroups: family<typeof library.describeGroupsV5.api>('describeGroups', 4, 5),
  leaveGroup: family<typeof library.leaveGroupV5.api>('leaveGroup', 3, 5),
  offsetCommit: family<typeof library.offsetCommitV9.api>('offsetCommit', 7, 9),
  offsetFetch: family<typeof library.offsetFetchV9.api>('offsetFetch', 8, 9),
  listOffsets: family<typeof library.listOffsetsV9.api>('listOffsets', 5, 9),
  fetch: family<typeof library.fetchV17.api>('fetch', 11, 17),
  produce: family<typeof library.produceV11.api>('produce', 8, 11),
  initProducerId: family<typeof library.initProducerIdV5.api>('initProducerId', 3, 5),
  // From version 4 on it is a call between brokers.
  addPartitionsToTxn: family<typeof library.addPartitionsToTxnV3.api>('addPartitionsToTxn', 1, 3),
  addOffsetsToTxn: family<typeof library.addOffsetsToTxnV4.api>('addOffsetsToTxn', 1, 4),
  txnOffsetCommit: family<typeof library.txnOffsetCommitV4.api>('txnOffsetCommit', 3, 4),
  endTxn: family<typeof library.endTxnV4.api>('endTxn', 1, 4),
  createTopics: family<typeof library.createTopicsV7.api>('createTopics', 5, 7),
} as const;

/** The part of a library API that is called. */
export interface LibraryApi {
  readonly key: number;
  async(connection: Connection, ...args: never[]): Promise<unknown>;
}

/** All versions of one call that this client knows. */
export interface ApiFamily<A extends LibraryApi> {
  readonly name: string;
  /** Known versions, newest first. */
  readonly versions: readonly { readonly version: number; readonly api: A }[];
}

/** The API to call at a broker and its version, which now and then decides what an argument means. */
export interface NegotiatedApi<A extends LibraryApi> {
  readonly version: number;
  readonly call: A['async'];
}

function family<A extends LibraryApi>(name: string, oldest: number, newest: number): ApiFamily<A> {
  const all = library as unknown as Record<string, { api: A } | undefined>;
  const versions = [];
  for (let version = newest; version >= oldest; version--) {
    const found = all[`${name}V${version}`];
    if (found) versions.push({ version, api: found.api });
  }
  return { name, versions };
}

/** What a broker speaks: API key to its lowest and highest version. */
export type BrokerVersions = ReadonlyMap<number, readonly [min: number, max: number]>;

/** Asks a broker which API versions it speaks. */
export async function brokerVersions(connection: Connection): Promise<BrokerVersions> {
  const response = await apiVersionsV3.api.async(connection, 'millrace', packageVersion());
  return new Map(response.apiKeys.map((api) => [api.apiKey, [api.minVersion, api.maxVersion]]));
}

/** @throws KafkaError when the broker is too old (or too new) for every version of the API that this client knows */
export function negotiate<A extends LibraryApi>(wanted: ApiFamily<A>, broker: BrokerVersions): NegotiatedApi<A> {
  for (const { version, api } of wanted.versions) {
    const range = broker.get(api.key);
    if (range === undefined || version < range[0] || version > range[1]) continue;
    return { version, call: api.async };
  }
  throw new KafkaError(
    'UNSUPPORTED_VERSION',
    `the broker does not speak a version of ${wanted.name} that this client knows; Kafka 3.0 or newer is needed`,
    'fatal',
  );
}
