import { choice, integer, number, string, type OptionValues } from '../../base/options.ts';
import { clientOptions } from '../kafka/client-options.ts';

/** Options of `millrace produce`, but for those that commander reads by itself: topic, header, create-topic, check. */
export const produceOptions = {
  ...clientOptions,
  format: choice({
    default: 'json',
    choices: ['json', 'protobuf'],
    flag: 'format',
    unit: 'format',
    help: 'json is one request a line; protobuf is 4 bytes of size (big-endian) and the message, repeated',
  }),
  protoName: string({
    default: '',
    flag: 'proto-name',
    unit: 'name',
    help: 'full name of the protobuf messages, for the header proto-name',
  }),
  keyField: string({
    default: '',
    flag: 'key-field',
    unit: 'path',
    help: 'key: a field of each JSON document, as user.id or /user/id',
  }),
  keySeparator: string({
    default: '',
    flag: 'key-separator',
    unit: 'text',
    help: "key: what stands before TEXT in each line; '\\t' is a tab",
  }),
  keyPrefix: string({ default: '', flag: 'key-prefix', unit: 'text', help: 'key: TEXT and a number that counts up' }),
  keys: integer({
    default: 0,
    min: 1,
    flag: 'keys',
    help: 'key: N different ones in turn; with --key-prefix, or key-0 to key-(N-1)',
  }),
  key: string({ default: '', flag: 'key', unit: 'text', help: 'key: the same for all' }),
  partitioner: choice({
    default: 'murmur2',
    choices: ['murmur2', 'crc32'],
    flag: 'partitioner',
    unit: 'name',
    help: "partition of a key as Java's client chooses it, or librdkafka's; without a key, in turn",
  }),
  partition: integer({ default: -1, min: 0, flag: 'partition', help: 'write to this partition only' }),
  rate: number({ default: 0, min: 0.001, flag: 'rate', unit: 'records/s', help: 'at most N records a second' }),
  skip: integer({ default: 0, min: 0, flag: 'skip', help: 'leave out the first N records' }),
  count: integer({ default: 0, min: 1, flag: 'count', help: 'stop after N records' }),
  repeat: integer({
    default: 1,
    min: 0,
    flag: 'repeat',
    help: 'send the files N times; 0 goes on until --count or Ctrl-C',
  }),
} as const;

export type ProduceOptions = OptionValues<typeof produceOptions>;
