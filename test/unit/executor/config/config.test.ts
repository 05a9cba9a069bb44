import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../../../src/base/errors.ts';
import { executorFlags, readExecutorConfig } from '../../../../src/executor/config/config.ts';
import { parseGoFlags } from '../../../../src/executor/config/flags/go-flags.ts';
import type { ExecutorConfig } from '../../../../src/executor/config/executor-config.ts';

const graph = { name: 'classifier', type: 'MODEL', endpoint: { service_host: 'localhost', httpPort: 9000 } };
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const IDENTITY = ['--sdep', 'dep', '--namespace', 'ns', '--predictor', 'p'];
const KAFKA = ['--server_type', 'kafka'];
const KAFKA_ENV = { KAFKA_BROKER: 'b:9092', KAFKA_INPUT_TOPIC: 'in', KAFKA_OUTPUT_TOPIC: 'out' };
const PREDICTOR_ENV = { ENGINE_PREDICTOR: encode({ name: 'p', graph }) };

function read(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = PREDICTOR_ENV,
  files: Readonly<Record<string, string>> = {},
): ExecutorConfig {
  const commandLine = parseGoFlags(argv, executorFlags);
  assert.ok(commandLine);
  const readFile = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
    return text;
  };
  return readExecutorConfig({ commandLine, env, readFile });
}

function failure(...args: Parameters<typeof read>): string {
  try {
    read(...args);
  } catch (error) {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.exitCode, 1);
    return error.message;
  }
  return assert.fail('the configuration was accepted');
}

test('the smallest command line gives the defaults of Seldon', () => {
  const config = read(IDENTITY);
  assert.equal(config.deploymentName, 'dep');
  assert.equal(config.predictor.graph.name, 'classifier');
  assert.equal(config.protocol, 'seldon');
  assert.equal(config.transport, 'rest');
  assert.equal(config.kafka, undefined);
  assert.equal(config.http.port, 8080);
  assert.equal(config.http.metricsPath, '/metrics');
  assert.equal(config.gracefulTimeoutMs, 15_000);
  assert.equal(config.shutdownDelayMs, 0);
  assert.equal(config.fullHealthChecks, false);
  assert.deepEqual(config.log, { level: 'info', format: 'json' });
  assert.deepEqual(config.warnings, []);
});

test("the operator's command line is taken as it is", () => {
  const argv =
    '--sdep dep --namespace ns --predictor p --http_port 8000 --grpc_port 5001 --protocol kfserving --transport rest ' +
    '--prometheus_path /prometheus --server_type kafka --log_work_buffer_size 10000 --log_write_timeout_ms 2000 ' +
    '--full_health_checks=false';
  const config = read(argv.split(' '), { ...PREDICTOR_ENV, ...KAFKA_ENV });
  assert.equal(config.protocol, 'v2');
  assert.equal(config.http.port, 8000);
  assert.equal(config.http.metricsPath, '/prometheus');
  assert.equal(config.kafka?.group, 'p.dep.ns');
  assert.equal(config.kafka?.connection.broker, 'b:9092');
});

test("the group has the predictor's own name, not the flag's", () => {
  const env = { ...KAFKA_ENV, ENGINE_PREDICTOR: encode({ name: 'main', graph }) };
  assert.equal(read([...IDENTITY, ...KAFKA], env).kafka?.group, 'main.dep.ns');
});

interface Precedence {
  readonly what: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly expected: unknown;
  value(config: ExecutorConfig): unknown;
}

const broker = (config: ExecutorConfig) => config.kafka?.connection.broker;
const workers = (config: ExecutorConfig) => config.kafka?.stream.workers;
const level = (config: ExecutorConfig) => config.log.level;
const precedence: readonly Precedence[] = [
  { what: 'a flag over its variable', flags: ['--kafka_broker=f:1'], env: {}, value: broker, expected: 'f:1' },
  { what: 'an empty flag is not given', flags: ['--kafka_broker='], env: {}, value: broker, expected: 'b:9092' },
  {
    what: 'KAFKA_WORKERS over its flag',
    flags: ['--kafka_workers=3'],
    env: { KAFKA_WORKERS: '7' },
    value: workers,
    expected: 7,
  },
  {
    what: 'an empty KAFKA_WORKERS is not set',
    flags: ['--kafka_workers=3'],
    env: { KAFKA_WORKERS: '' },
    value: workers,
    expected: 3,
  },
  {
    what: 'a variable is decimal, as Seldon reads it',
    flags: [],
    env: { KAFKA_WORKERS: '010' },
    value: workers,
    expected: 10,
  },
  {
    what: 'a flag with a leading zero is octal, as Go reads it',
    flags: ['--kafka_workers=010'],
    env: {},
    value: workers,
    expected: 8,
  },
  { what: 'the default', flags: [], env: {}, value: workers, expected: 64 },
  {
    what: 'KAFKA_AUTO_COMMIT over its flag',
    flags: ['--kafka_auto_commit=true'],
    env: { KAFKA_AUTO_COMMIT: 'F' },
    value: (config) => config.kafka?.stream.autoCommit,
    expected: false,
  },
  {
    what: 'KAFKA_FULL_GRAPH over its flag',
    flags: ['--kafka_full_graph'],
    env: { KAFKA_FULL_GRAPH: '0' },
    value: (config) => config.kafka?.stream.fullGraph,
    expected: false,
  },
  {
    what: 'log_level over SELDON_LOG_LEVEL',
    flags: ['--log_level', 'error'],
    env: { SELDON_LOG_LEVEL: 'DEBUG' },
    value: level,
    expected: 'error',
  },
  { what: 'SELDON_LOG_LEVEL', flags: [], env: { SELDON_LOG_LEVEL: 'WARNING' }, value: level, expected: 'warn' },
  { what: 'debug without a level', flags: [], env: { SELDON_DEBUG: '1' }, value: level, expected: 'debug' },
  { what: 'debug with a level', flags: ['--debug', '--log_level=INFO'], env: {}, value: level, expected: 'info' },
  {
    what: '--debug=false over SELDON_DEBUG',
    flags: ['--debug=false'],
    env: { SELDON_DEBUG: 'true' },
    value: level,
    expected: 'info',
  },
];

for (const { what, flags, env, value, expected } of precedence) {
  test(`precedence: ${what}`, () => {
    const config = read([...IDENTITY, ...KAFKA, ...flags], { ...PREDICTOR_ENV, ...KAFKA_ENV, ...env });
    assert.deepEqual(value(config), expected);
  });
}

test('everything that is missing is said at once, in the order in which Seldon checks', () => {
  const message = failure(['--server_type=kafka'], {});
  const paths = message
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(':')[0]);
  assert.deepEqual(paths, [
    '--sdep',
    '--namespace',
    '--predictor',
    '--kafka_broker',
    '--kafka_input_topic',
    '--kafka_output_topic',
    'ENGINE_PREDICTOR',
  ]);
});

const good = { ...PREDICTOR_ENV, ...KAFKA_ENV };
const failures: readonly (readonly [what: string, expected: RegExp, ...args: Parameters<typeof read>])[] = [
  [
    'protocol',
    /--protocol: 'soap' is not one of seldon, tensorflow, v2, kfserving/,
    [...IDENTITY, '--protocol=soap'],
    good,
  ],
  ['transport', /--transport: 'udp' is not one of rest, grpc/, [...IDENTITY, '--transport', 'udp'], good],
  ['server type', /--server_type: 'Kafka' is not one of rpc, kafka/, [...IDENTITY, '--server_type=Kafka'], good],
  ['port', /--http_port: '70000' is not a whole number from 0 to 65535/, [...IDENTITY, '--http_port=70000'], good],
  ['time', /--graceful_timeout: '-1s' is not a duration/, [...IDENTITY, '--graceful_timeout=-1s'], good],
  ['metrics path', /--prometheus_path: 'metrics' is not a path/, [...IDENTITY, '--prometheus_path=metrics'], good],
  ['metrics on a probe', /--prometheus_path: '\/live'/, [...IDENTITY, '--prometheus_path=/live'], good],
  [
    'workers',
    /KAFKA_WORKERS: '0' is not a whole number from 1/,
    [...IDENTITY, ...KAFKA],
    { ...good, KAFKA_WORKERS: '0' },
  ],
  ['workers text', /KAFKA_WORKERS: 'many'/, [...IDENTITY, ...KAFKA], { ...good, KAFKA_WORKERS: 'many' }],
  [
    'auto commit',
    /KAFKA_AUTO_COMMIT: 'yes' is not true or false/,
    [...IDENTITY, ...KAFKA],
    { ...good, KAFKA_AUTO_COMMIT: 'yes' },
  ],
  [
    'full graph',
    /KAFKA_FULL_GRAPH: Kafka between the nodes/,
    [...IDENTITY, ...KAFKA],
    { ...good, KAFKA_FULL_GRAPH: 'true' },
  ],
  [
    'one topic for both',
    /KAFKA_OUTPUT_TOPIC: 'in' is the input topic too/,
    [...IDENTITY, ...KAFKA],
    { ...good, KAFKA_OUTPUT_TOPIC: 'in' },
  ],
  [
    'errors into the input',
    /KAFKA_ERROR_TOPIC: 'in' is the input/,
    [...IDENTITY, ...KAFKA],
    { ...good, KAFKA_ERROR_TOPIC: 'in' },
  ],
  [
    'errors into the input, by the default name',
    /KAFKA_ERROR_TOPIC: 'out-errors', as it is called where nothing is set, is the input/,
    [...IDENTITY, ...KAFKA],
    { ...good, KAFKA_INPUT_TOPIC: 'out-errors', KAFKA_OUTPUT_TOPIC: 'out' },
  ],
  [
    'topic names that Kafka refuses',
    /KAFKA_INPUT_TOPIC: 'a b' is no topic name: it has ' '; use 1 to 249 [^]*KAFKA_OUTPUT_TOPIC: '\.\.' [^]*KAFKA_ERROR_TOPIC: 'x\/y'/,
    [...IDENTITY, ...KAFKA],
    { ...good, KAFKA_INPUT_TOPIC: 'a b', KAFKA_OUTPUT_TOPIC: '..', KAFKA_ERROR_TOPIC: 'x/y' },
  ],
  [
    'a default error topic that is too long',
    /KAFKA_ERROR_TOPIC: 'ooo.*' is no topic name: it has 250 characters/,
    [...IDENTITY, ...KAFKA],
    { ...good, KAFKA_OUTPUT_TOPIC: 'o'.repeat(243) },
  ],
  [
    'a drain longer than the rebalance',
    /KAFKA_REVOKE_DRAIN_MS: 15000 ms, and the group waits 19999 ms .*set it to 14999 or less, or KAFKA_REBALANCE_TIMEOUT_MS to 20000/s,
    [...IDENTITY, ...KAFKA],
    { ...good, KAFKA_REBALANCE_TIMEOUT_MS: '19999' },
  ],
  [
    'a rebalance too short for any drain',
    /KAFKA_REVOKE_DRAIN_MS: 0 ms.*set KAFKA_REBALANCE_TIMEOUT_MS to 5000 or more/s,
    [...IDENTITY, ...KAFKA],
    { ...good, KAFKA_REBALANCE_TIMEOUT_MS: '4999', KAFKA_REVOKE_DRAIN_MS: '0' },
  ],
  ['predictor unset', /ENGINE_PREDICTOR: not set, and no --file/, IDENTITY, {}],
  ['predictor empty', /ENGINE_PREDICTOR: is empty/, IDENTITY, { ENGINE_PREDICTOR: '' }],
  ['predictor not base64', /ENGINE_PREDICTOR: is not base64/, IDENTITY, { ENGINE_PREDICTOR: '{"name":"p"}' }],
  ['predictor unpadded', /ENGINE_PREDICTOR: is not base64/, IDENTITY, { ENGINE_PREDICTOR: 'e30' }],
  [
    'predictor not JSON',
    /ENGINE_PREDICTOR: .*not JSON/,
    IDENTITY,
    { ENGINE_PREDICTOR: Buffer.from('name: p').toString('base64') },
  ],
  ['predictor without graph', /graph/, IDENTITY, { ENGINE_PREDICTOR: encode({ name: 'p' }) }],
  ['file suffix', /--file: 'a\.txt' is no \.yaml/, [...IDENTITY, '--file=a.txt'], good, { 'a.txt': '' }],
  ['file absent', /--file: 'a\.yaml' cannot be read: ENOENT/, [...IDENTITY, '--file=a.yaml'], good],
  ['file not YAML', /a\.yaml: /, [...IDENTITY, '--file=a.yaml'], good, { 'a.yaml': 'a: [' }],
  [
    'rest-timeout',
    /annotation seldon\.io\/rest-timeout: 'soon'/,
    IDENTITY,
    good,
    { '/etc/podinfo/annotations': 'seldon.io/rest-timeout="soon"' },
  ],
];

for (const [what, expected, ...args] of failures) {
  test(`start-up failure: ${what}`, () => {
    assert.match(failure(...args), expected);
  });
}

test('a bad secret is named and never shown', () => {
  const env = { ...good, KAFKA_SASL_PASSWORD: 'hunter2', KAFKA_WORKERS: 'x' };
  assert.doesNotMatch(failure([...IDENTITY, ...KAFKA], env), /hunter2/);
});

test('without serverType kafka the Kafka variables do not matter', () => {
  assert.equal(read(IDENTITY, { ...PREDICTOR_ENV, KAFKA_WORKERS: 'many' }).kafka, undefined);
});

test('the limit of a model call is an option of requests too, and a wrong one stops the start', () => {
  const env = { ...PREDICTOR_ENV, KAFKA_MODEL_TIMEOUT_MS: '700' };
  assert.deepEqual(read(IDENTITY, env).modelTimeoutMs, { rest: 700, grpc: 700 });
  const wrong = { ...PREDICTOR_ENV, KAFKA_MODEL_TIMEOUT_MS: '0x10' };
  for (const flags of [IDENTITY, [...IDENTITY, ...KAFKA]]) {
    assert.match(failure(flags, { ...wrong, ...KAFKA_ENV }), /KAFKA_MODEL_TIMEOUT_MS: '0x10' is not a whole number/);
  }
});

test('a unit of a file that says nothing of where it is gets the endpoint of its container, others keep theirs', () => {
  const text = `
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: d}
spec:
  predictors:
  - name: p
    graph:
      name: a
      type: TRANSFORMER
      children: [{name: b, endpoint: {service_host: h, service_port: 7}}, {name: c, endpoint: {type: REST}}]
    componentSpecs: [{spec: {containers: [{name: a, image: x}, {name: b, image: x}, {name: c, image: x}]}}]
`;
  const { graph } = read([...IDENTITY, '--file=d.yaml'], {}, { 'd.yaml': text }).predictor;
  const { endpoint, children } = graph;
  assert.deepEqual(endpoint, { service_host: 'localhost', service_port: 9000, httpPort: 9000, grpcPort: 9500 });
  assert.deepEqual(children?.[0], { name: 'b', endpoint: { service_host: 'h', service_port: 7 } });
  const own = { type: 'REST', service_host: 'localhost', service_port: 9002, httpPort: 9002, grpcPort: 9502 };
  assert.deepEqual(children?.[1], { name: 'c', endpoint: own });
});

const document = (name: string) => `
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: other}
spec:
  predictors:
  - {name: a, graph: {name: first}}
  - {name: ${name}, graph: {name: second}}
`;

test('a predictor comes from a file by its name, without defaults, before the variable', () => {
  for (const file of ['d.yaml', 'd.yml']) {
    const config = read([...IDENTITY, '--file', file], good, { [file]: document('p') });
    assert.equal(config.predictor.graph.name, 'second');
    assert.equal(config.predictor.graph.type, undefined);
  }
  const json = JSON.stringify({
    apiVersion: 'machinelearning.seldon.io/v1',
    kind: 'SeldonDeployment',
    metadata: { name: 'd' },
    spec: { predictors: [{ name: 'p', graph }] },
  });
  assert.equal(read([...IDENTITY, '--file=d.json'], {}, { 'd.json': json }).predictor.graph.name, 'classifier');
  assert.match(
    failure([...IDENTITY, '--file', 'd.yaml'], good, { 'd.yaml': document('b') }),
    /--predictor: 'p' is not in d\.yaml; it holds a, b/,
  );
});

test('annotations with = in their values do not hide the others', () => {
  const text = 'a="x=y"\nseldon.io/rest-timeout="2500"\nquoted="say \\"hi\\""\n\n';
  const config = read([...IDENTITY, ...KAFKA], good, { '/etc/podinfo/annotations': text });
  assert.deepEqual(config.annotations, { a: 'x=y', 'seldon.io/rest-timeout': '2500', quoted: 'say "hi"' });
  assert.equal(config.modelTimeoutMs.rest, 2_500);
  assert.equal(config.kafka?.stream.modelTimeoutMs, 2_500);
});

test('a rest-timeout of 0 or below is none, and the other transport has its own', () => {
  for (const text of ['seldon.io/rest-timeout="0"', 'seldon.io/rest-timeout="-5"', 'seldon.io/grpc-timeout="7"']) {
    assert.equal(read(IDENTITY, good, { '/etc/podinfo/annotations': text }).modelTimeoutMs.rest, 60_000, text);
  }
});

test('what is odd but was accepted by Seldon only warns', () => {
  const env = { ...good, SELDON_DEBUG: 'maybe', SELDON_LOG_LEVEL: 'LOUD' };
  const { warnings, log } = read([...IDENTITY, 'word', '--http_port=1'], env);
  assert.equal(log.level, 'info');
  assert.match(warnings.join('\n'), /'word' is no flag[^]*SELDON_DEBUG: 'maybe'[^]*'LOUD'/);
});

test('arguments that are not read are told with the errors that follow from it', () => {
  const message = failure(['--debug', 'false', ...IDENTITY], good);
  assert.match(message, /--sdep: required[^]*'false' is no flag: it and everything behind it is ignored/);
});

test('any text switches routing injection on, as in Seldon', () => {
  const injects = (text: string) => read(IDENTITY, { ...good, SELDON_ENABLE_ROUTING_INJECTION: text }).routingInjection;
  assert.deepEqual([read(IDENTITY, good).routingInjection, injects(''), injects('0')], [false, false, true]);
});
