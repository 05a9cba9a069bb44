/**
 * One more way in, for tests of secured connections and of broken ones. Its own settings go under `properties`
 * (`listener.name.<name>...`).
 */
export interface ListenerSpec {
  /** Upper case letters and underscores. */
  readonly name: string;
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  /** What clients are told to connect to, where that is not the broker itself but something before it. */
  readonly advertisedPort?: number;
}

/** The place of one node in a cluster whose every node is broker and controller. */
export interface NodePlan {
  readonly nodeId: number;
  readonly port: number;
  readonly controllerPort: number;
  readonly logDir: string;
  readonly metadataDir: string;
  /** All controllers, this one among them. */
  readonly voters: readonly { readonly nodeId: number; readonly controllerPort: number }[];
  readonly listeners: readonly (ListenerSpec & { readonly port: number })[];
  /** Partitions of topics that are created without a number. */
  readonly partitions: number;
  /**
   * After so long without a heartbeat the controller takes the broker for dead. Until then one that was killed may not come
   * back; but on a machine too busy for a heartbeat a short one makes a living broker lose its partitions for a moment.
   */
  readonly sessionMs: number;
  readonly properties: Readonly<Record<string, string>>;
}

const HOST = '127.0.0.1';

/**
 * The `server.properties` of one node: small, quick to start, quick to stop. What `properties` has wins over the rest.
 * Topics are not created by being asked for: Millrace creates what it needs, and a misspelt name shall be an error.
 */
export function serverProperties(plan: NodePlan): Record<string, string> {
  const replicas = String(Math.min(3, plan.voters.length));
  const minInSync = plan.voters.length >= 3 ? '2' : '1';
  const own: NodePlan['listeners'] = [{ name: 'PLAINTEXT', protocol: 'PLAINTEXT', port: plan.port }, ...plan.listeners];
  const addresses = own.map(({ name, port }) => `${name}://${HOST}:${port}`);
  const advertised = own.map(({ name, port, advertisedPort }) => `${name}://${HOST}:${advertisedPort ?? port}`);
  return {
    'process.roles': 'broker,controller',
    'node.id': String(plan.nodeId),
    'controller.quorum.voters': plan.voters.map((voter) => `${voter.nodeId}@${HOST}:${voter.controllerPort}`).join(','),
    listeners: [...addresses, `CONTROLLER://${HOST}:${plan.controllerPort}`].join(','),
    'advertised.listeners': advertised.join(','),
    'listener.security.protocol.map': [
      ...own.map((listener) => `${listener.name}:${listener.protocol}`),
      'CONTROLLER:PLAINTEXT',
    ].join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': plan.logDir,
    // Apart from the rest, because only then does Kafka lock it before it writes: a second process on the same directories would
    // else spoil the metadata of the first before it finds the other lock taken.
    'metadata.log.dir': plan.metadataDir,
    'num.partitions': String(plan.partitions),
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': minInSync,
    // The coordinators' own topics: whole, but small.
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minInSync,
    'share.coordinator.state.topic.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': minInSync,
    // A group's first member need not wait for more to come.
    'group.initial.rebalance.delay.ms': '0',
    'broker.session.timeout.ms': String(plan.sessionMs),
    'broker.heartbeat.interval.ms': '500',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'background.threads': '2',
    'num.recovery.threads.per.data.dir': '1',
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    ...plan.properties,
  };
}

/** The text of a Java properties file. Keys and values may hold anything. */
export function renderProperties(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${escape(key).replace(/[ :=]/g, '\\$&')}=${escape(value).replace(/^ /, '\\ ')}\n`)
    .join('');
}

function escape(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replace(/^[#!]/, '\\$&')
    .replace(/[^\x20-\x7e\\]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
