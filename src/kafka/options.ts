import { choice, integer, string, type OptionValues } from '../base/options.ts';

/** How to reach Kafka, and who we are there. Seldon's names; what Seldon hard-wired is an option here. */
export const connectionOptions = {
  broker: string({
    default: '',
    env: 'KAFKA_BROKER',
    flag: 'kafka_broker',
    help: 'Bootstrap brokers, HOST:PORT[,HOST:PORT...]',
  }),
  clientId: string({
    default: 'millrace',
    env: 'KAFKA_CLIENT_ID',
    help: 'Client id that brokers see in logs and quotas',
  }),
  requestTimeoutMs: integer({
    default: 30_000,
    min: 1_000,
    max: 300_000,
    unit: 'ms',
    env: 'KAFKA_REQUEST_TIMEOUT_MS',
    help: 'Limit of one request to a broker; then it is made again on a new connection. Those of the group and for metadata take at most 10 s',
  }),
  securityProtocol: choice({
    default: 'plaintext',
    choices: ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl', 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    env: 'KAFKA_SECURITY_PROTOCOL',
    help: 'How the connection to the brokers is secured',
  }),
  sslCaCert: string({
    default: '',
    env: 'KAFKA_SSL_CA_CERT',
    help: 'Certificate authorities that sign the brokers, PEM',
  }),
  sslClientCert: string({ default: '', env: 'KAFKA_SSL_CLIENT_CERT', help: 'Client certificate chain, PEM' }),
  sslClientKey: string({ default: '', env: 'KAFKA_SSL_CLIENT_KEY', secret: true, help: 'Client key, PEM' }),
  sslCaCertFile: string({ default: '', env: 'KAFKA_SSL_CA_CERT_FILE', help: 'File of KAFKA_SSL_CA_CERT' }),
  sslClientCertFile: string({ default: '', env: 'KAFKA_SSL_CLIENT_CERT_FILE', help: 'File of KAFKA_SSL_CLIENT_CERT' }),
  sslClientKeyFile: string({ default: '', env: 'KAFKA_SSL_CLIENT_KEY_FILE', help: 'File of KAFKA_SSL_CLIENT_KEY' }),
  sslClientKeyPass: string({
    default: '',
    env: 'KAFKA_SSL_CLIENT_KEY_PASS',
    secret: true,
    help: 'Password of the client key',
  }),
  saslMechanism: choice({
    default: 'PLAIN',
    choices: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    env: 'KAFKA_SASL_MECHANISM',
    help: 'SASL mechanism, with sasl_plaintext and sasl_ssl',
  }),
  saslUsername: string({ default: '', env: 'KAFKA_SASL_USERNAME', help: 'SASL user' }),
  saslPassword: string({ default: '', env: 'KAFKA_SASL_PASSWORD', secret: true, help: 'SASL password' }),
} as const;

/** How the consumer group behaves. */
export const consumerOptions = {
  offsetReset: choice({
    default: 'earliest',
    choices: ['earliest', 'latest'],
    env: 'KAFKA_OFFSET_RESET',
    help: 'Where a group without a committed offset begins, and one whose offset lies beyond the end of the log',
  }),
  groupProtocol: choice({
    default: 'classic',
    choices: ['classic', 'consumer'],
    env: 'KAFKA_GROUP_PROTOCOL',
    help: 'Who shares out the partitions: the replicas among themselves, or (consumer, KIP-848) the brokers, from Kafka 4.0 on',
  }),
  sessionTimeoutMs: integer({
    default: 15_000,
    min: 1_000,
    max: 1_800_000,
    unit: 'ms',
    env: 'KAFKA_SESSION_TIMEOUT_MS',
    help: 'How long a dead replica keeps its partitions; the brokers bound it (6000 to 1800000 by default), and set it themselves with KAFKA_GROUP_PROTOCOL=consumer',
  }),
  rebalanceTimeoutMs: integer({
    default: 60_000,
    min: 1_000,
    max: 300_000,
    unit: 'ms',
    env: 'KAFKA_REBALANCE_TIMEOUT_MS',
    help: 'How long the group waits in a rebalance for a replica that does not join again',
  }),
  revokeDrainMs: integer({
    default: 15_000,
    min: 0,
    max: 295_000,
    unit: 'ms',
    env: 'KAFKA_REVOKE_DRAIN_MS',
    help: 'How long records in flight may hold up a partition that moves to another replica; that one repeats the others',
  }),
  groupInstanceId: string({
    default: '',
    env: 'KAFKA_GROUP_INSTANCE_ID',
    help: 'Static membership: a name that stays over restarts of this replica',
  }),
} as const;

export type ConnectionOptions = OptionValues<typeof connectionOptions>;
export type ConsumerOptions = OptionValues<typeof consumerOptions>;

/** Beside finishing its records, a replica that gives up partitions hears of the rebalance and commits, in milliseconds. */
export const REVOKE_MARGIN_MS = 5_000;
