import type { Seeded } from '../../simulation/seeded.ts';
import type { Combination } from '../combination.ts';
import { mutateBytes, randomBytes } from './bytes.ts';

/** Headers as Kafka has them: names can repeat, values can be null. */
export type HeaderList = readonly (readonly [name: Buffer, value: Buffer | null])[];

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const NAMES = [
  ...[
    '',
    ' ',
    'a b',
    'x\r\ny',
    'x\ny',
    'x\0y',
    'X-UPPER',
    'é',
    ':method',
    ':path',
    'x:y',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...['host', 'connection', 'transfer-encoding', 'content-length', 'te', 'trailer', 'upgrade', 'expect', 'keep-alive'],
  ...[
    'http2-settings',
    'proxy-connection',
    'content-encoding',
    'accept-encoding',
    'user-agent',
    'cookie',
    'set-cookie',
  ],
  ...['authorization', 'date', 'if-match', 'age', 'etag', 'range', 'referer', 'from', 'location', 'retry-after'],
  ...['access-control-max-age', 'access-control-allow-credentials', 'access-control-request-method', 'content-range'],
  ...[
    'grpc-timeout',
    'grpc-status',
    'grpc-message',
    'grpc-encoding',
    'grpc-accept-encoding',
    'grpc-tags-bin',
    'x-bin',
    'X-Bin',
    '-bin',
  ],
  ...[
    'traceparent',
    'tracestate',
    'Traceparent',
    'b3',
    'seldon-puid',
    'Seldon-Puid',
    'SELDON-PUID',
    'content-type',
    'Content-Type',
  ],
  ...[
    'proto-name',
    'Proto-Name',
    'millrace-source',
    'millrace-error-code',
    'millrace-error-attempts',
    'millrace-anything',
  ],
];
const VALUES = [
  ...[
    '',
    ' ',
    ' in front',
    'behind ',
    '\tin front',
    'behind\t',
    'a\r\nInjected: yes',
    'a\nb',
    '\0',
    '\x7f',
    '\x1b[31m',
    'é',
    '\u{1f4a5}',
  ],
  ...[
    'gzip',
    'identity',
    'br',
    'chunked',
    'close',
    'trailers',
    '100-continue',
    '0',
    '-1',
    '5',
    '1e999',
    'null',
    '1S',
    '99999999S',
  ],
  ...[
    'application/json',
    'text/html',
    'application/grpc',
    'multipart/form-data; boundary=x',
    'application/json; charset="utf-16"',
  ],
  ...[TRACEPARENT, '00-00000000000000000000000000000000-0000000000000000-00', 'ff-x-y-z'],
  ...['vendor=value,', '%00%zz'],
];
const LONG_VALUES = ['='.repeat(600), 'x'.repeat(7_000), 'x'.repeat(8_001), 'x'.repeat(65_536)];
const PROTO_NAMES = [
  ...[
    'seldon.protos.SeldonMessage',
    'seldon.protos.SeldonMessageList',
    'seldon.protos.Feedback',
    'tensorflow.serving.PredictRequest',
  ],
  ...[
    'tensorflow.serving.PredictResponse',
    'tensorflow.serving.ClassificationRequest',
    'tensorflow.serving.RegressionRequest',
  ],
  ...[
    'tensorflow.serving.MultiInferenceRequest',
    'tensorflow.serving.GetModelMetadataRequest',
    'inference.ModelInferRequest',
  ],
  ...[
    'inference.ModelInferResponse',
    'inference.ModelReadyRequest',
    'google.protobuf.Empty',
    '',
    ' ',
    '__proto__',
    'toString',
    'é',
  ],
  ...['.seldon.protos.SeldonMessage', 'type.googleapis.com/inference.ModelInferRequest', 'x'.repeat(70_000), 'a\r\nb'],
];
const CONTENT_TYPES = [
  ...[
    'application/json',
    'application/JSON; charset=utf-8',
    'application/octet-stream',
    'application/x-protobuf',
    'text/html',
    '',
  ],
  ...[
    'multipart/form-data; boundary=x',
    'a/b\r\nX: y',
    'é/ü',
    '\0',
    'x'.repeat(9_000),
    'application/json\t',
    '*/*',
    'json',
  ],
];

/** The headers of a record: those that a well-meaning producer sends, then what does not belong there. */
export function mutateHeaders({ transport }: Combination, messageName: string | undefined, random: Seeded): HeaderList {
  const headers: (readonly [Buffer, Buffer | null])[] = [];
  if (messageName !== undefined && random.chance(0.8)) headers.push(header('proto-name', messageName));
  if (random.chance(0.3)) headers.push(header('Seldon-Puid', `puid-${random.between(0, 1e9)}`));
  if (random.chance(0.3)) headers.push(header('traceparent', TRACEPARENT));
  if (random.chance(0.3)) headers.push(header('x-own', `value ${random.between(0, 9)}`));
  if (random.chance(0.5)) return headers;
  if (random.chance(0.1)) headers.push(header(random.pick(['proto-name', 'Proto-Name']), random.pick(PROTO_NAMES)));
  if (transport === 'rest' && random.chance(0.2)) headers.push(header('Content-Type', random.pick(CONTENT_TYPES)));
  for (let left = random.between(0, 4); left > 0; left--) headers.push(anyHeader(random));
  if (random.chance(0.05)) headers.push(...headers);
  if (random.chance(0.01))
    headers.push(...Array.from({ length: random.pick([91, 500]) }, () => anyHeader(random, false)));
  if (random.chance(0.1)) headers.reverse();
  return headers;
}

function anyHeader(random: Seeded, large = true): readonly [Buffer, Buffer | null] {
  return [anyName(random, large), anyValue(random, large)];
}

function anyName(random: Seeded, large: boolean): Buffer {
  if (large && random.chance(0.01)) return Buffer.alloc(random.pick([8_001, 65_536]), 'n');
  if (random.chance(0.1)) return randomBytes(random.between(0, 12), random);
  const name = Buffer.from(random.pick(NAMES));
  return random.chance(0.1) ? mutateBytes(name, random) : name;
}

function anyValue(random: Seeded, large: boolean): Buffer | null {
  if (random.chance(0.03)) return null;
  if (random.chance(0.1)) return randomBytes(random.between(0, 30), random);
  const value = Buffer.from(random.pick(large && random.chance(0.06) ? LONG_VALUES : VALUES));
  return random.chance(0.1) ? mutateBytes(value, random) : value;
}

function header(name: string, value: string): readonly [Buffer, Buffer] {
  return [Buffer.from(name), Buffer.from(value)];
}
