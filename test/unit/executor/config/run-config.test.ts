import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MillraceError } from '../../../../src/base/errors.ts';
import { readRunConfig, type RunOptions } from '../../../../src/executor/config/run-config.ts';

const OPTIONS: RunOptions = {
  source: 'd.yaml',
  host: '127.0.0.1',
  httpPort: 0,
  gracefulTimeoutMs: 15_000,
  shutdownDelayMs: 0,
  fullHealthChecks: false,
  logFormat: 'people',
};

interface Changes {
  readonly metadata?: string;
  readonly spec?: string;
  readonly graph?: string;
  readonly env?: string;
  readonly more?: string;
}

const ENV = `
      - {name: KAFKA_BROKER, value: "10.12.10.16:9094"}
      - {name: KAFKA_INPUT_TOPIC, value: in}
      - {name: KAFKA_OUTPUT_TOPIC, value: out}`;

const document = ({ metadata = '', spec = '', graph, env = '', more = '' }: Changes = {}) => `
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: cifar10${metadata}}
spec:
  protocol: tensorflow
  transport: rest
  serverType: kafka
${spec}
  predictors:
  - name: model
    graph: ${graph ?? '{name: resnet32, type: MODEL, endpoint: {service_port: 8501}}'}
    svcOrchSpec:
      env:${ENV}${env}
${more}`;

const read = (text: string, options: Partial<RunOptions> = {}, env: Readonly<Record<string, string>> = {}) =>
  readRunConfig(text, { ...OPTIONS, ...options }, env);

function failure(...args: Parameters<typeof read>): { readonly text: string; readonly exitCode: number } {
  try {
    read(...args);
  } catch (error) {
    assert.ok(error instanceof MillraceError, String(error));
    return { text: `${error.message}\n${error.remedy ?? ''}`, exitCode: error.exitCode };
  }
  return assert.fail('the document was accepted');
}

test('the document of the field runs as it is: a port alone is one of this machine', () => {
  const config = read(document());
  assert.equal(config.kafka?.group, 'model.cifar10.default');
  assert.equal(config.protocol, 'tensorflow');
  assert.deepEqual(config.predictor.graph.endpoint, { service_port: 8501, service_host: 'localhost' });
  assert.match(config.notes.join('\n'), /Kafka broker 10\.12\.10\.16:9094, from the document$/m);
});

test('the broker comes from --env, else from this shell, else from the document, and the log says from where', () => {
  const shell = { KAFKA_BROKER: 'shell:1', HOME: '/root', KAFKA_WORKERS: '3' };
  const fromShell = read(document(), {}, shell);
  assert.equal(fromShell.kafka?.connection.broker, 'shell:1');
  assert.equal(fromShell.kafka?.stream.workers, 3);
  assert.deepEqual(fromShell.notes, [
    "Kafka broker shell:1, from this shell's KAFKA_BROKER (the document says 10.12.10.16:9094)",
    'also from this shell: KAFKA_WORKERS',
  ]);
  const fromOption = read(document(), { env: ['KAFKA_BROKER=option:1', 'KAFKA_WORKERS=5'] }, shell);
  assert.equal(fromOption.kafka?.connection.broker, 'option:1');
  assert.equal(fromOption.kafka?.stream.workers, 5);
  assert.deepEqual(fromOption.notes, ['Kafka broker option:1, from --env (the document says 10.12.10.16:9094)']);
});

test('the namespace is the document’s, else the option’s, else default; a contradiction is an error', () => {
  assert.equal(read(document({ metadata: ', namespace: kafka' })).kafka?.group, 'model.cifar10.kafka');
  assert.equal(read(document(), { namespace: 'mine' }).kafka?.group, 'model.cifar10.mine');
  assert.equal(read(document({ metadata: ', namespace: kafka' }), { namespace: 'kafka' }).namespace, 'kafka');
  const { text, exitCode } = failure(document({ metadata: ', namespace: kafka' }), { namespace: 'mine' });
  assert.match(text, /says namespace 'kafka', and --namespace says 'mine'/);
  assert.equal(exitCode, 2);
});

test('of several predictors one is chosen by name', () => {
  const two = document({
    more: '  - {name: canary, graph: {name: c, type: MODEL, endpoint: {service_port: 1}}, svcOrchSpec: {env: [{name: KAFKA_BROKER, value: "b:1"}, {name: KAFKA_INPUT_TOPIC, value: i}, {name: KAFKA_OUTPUT_TOPIC, value: o}]}}',
  });
  assert.match(failure(two).text, /has 2 predictors: model, canary\nchoose one with --predictor/);
  assert.equal(read(two, { predictor: 'canary' }).kafka?.group, 'canary.cifar10.default');
  assert.match(failure(two, { predictor: 'x' }).text, /no predictor 'x'\nits predictors are model, canary/);
});

test('an endpoint option wins; a node without any is an error that names the option', () => {
  const nowhere = document({ graph: '{name: router, type: ROUTER, children: [{name: a, type: MODEL}, {name: b}]}' });
  const { text } = failure(nowhere);
  for (const node of ['router', 'a', 'b']) assert.match(text, new RegExp(`give --endpoint ${node}=HOST:PORT`));
  const endpoints = ['router=localhost:1', 'a=[::1]:2', 'b=h:3'];
  const config = read(nowhere, { endpoints });
  assert.deepEqual(config.overrideEndpoints.get('a'), { host: '::1', port: 2 });
  assert.match(
    failure(nowhere, { endpoints: [...endpoints, 'c=h:4'] }).text,
    /no node 'c'; its nodes are router, a, b/,
  );
  for (const wrong of ['a', 'a=h', 'a=h:0', 'a=h:70000', '=h:1', 'a=h:x', 'a=http://h:1']) {
    assert.equal(failure(nowhere, { endpoints: [wrong] }).exitCode, 2, wrong);
  }
});

test('a unit that says nothing about itself is a model, and one that gets no call needs no endpoint', () => {
  assert.equal(read(document({ graph: '{name: m, endpoint: {service_port: 1}}' })).predictor.graph.type, 'MODEL');
  const split = '{name: ab, implementation: RANDOM_ABTEST, children: [{name: a}, {name: b}]}';
  const { text } = failure(document({ graph: split }));
  assert.doesNotMatch(text, /node 'ab'/);
  assert.match(text, /node 'a'[^]*node 'b'/);
});

test('what is wrong with the document’s words and Kafka settings is said at once', () => {
  const wrong = document().replace('tensorflow', 'soap').replace('rest', 'udp');
  const { text } = failure(wrong.replace(/.*KAFKA_BROKER.*/, ''), { env: ['KAFKA_ORDER=none', 'KAFKA_FULL_GRAPH=1'] });
  assert.match(text, /spec\.protocol: 'soap'/);
  assert.match(text, /spec\.transport: 'udp'/);
  assert.match(text, /KAFKA_BROKER: is not set; set it in svcOrchSpec\.env, or with --env KAFKA_BROKER=VALUE/);
  assert.match(text, /KAFKA_ORDER: 'none' is not one of key, unordered, partition/);
  assert.match(text, /KAFKA_FULL_GRAPH/);
  const strange = failure(document().replace('serverType: kafka', 'serverType: soap')).text;
  assert.match(strange, /spec\.serverType: 'soap' is not one of rpc, kafka/);
});

test('options that are not Kafka’s are checked too, and a variable that nothing reads is told', () => {
  assert.match(
    failure(document(), { env: ['SERVER_MAX_MESSAGE_BYTES=0'] }).text,
    /SERVER_MAX_MESSAGE_BYTES: '0' is not a whole number from 1024/,
  );
  const { warnings } = read(document(), { env: ['KAFKA_SESION_TIMEOUT_MS=9000', 'MY_KAFKA=1', 'SELDON_DEBUG=maybe'] });
  assert.deepEqual(warnings, ['nothing reads KAFKA_SESION_TIMEOUT_MS; did you mean KAFKA_SESSION_TIMEOUT_MS?']);
});

test('secrets come from files, and their absence names the way', () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-run-'));
  try {
    const env = '\n      - {name: KAFKA_SASL_PASSWORD, valueFrom: {secretKeyRef: {name: user, key: password}}}';
    assert.match(
      failure(document({ env }), { secrets: directory }).text,
      /KAFKA_SASL_PASSWORD[^]*'user'[^]*'password'/,
    );
    mkdirSync(join(directory, 'user'));
    writeFileSync(join(directory, 'user', 'password'), 'hunter2\n');
    const config = read(document({ env }), { secrets: directory });
    assert.equal(config.kafka?.connection.saslPassword, 'hunter2');
    assert.doesNotMatch(config.notes.join(), /hunter2/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('annotations are those of the spec and of the predictor', () => {
  const spec = '  annotations: {seldon.io/rest-timeout: "1500", seldon.io/engine-seldon-log-level: ERROR}';
  const config = read(document({ spec }));
  assert.equal(config.modelTimeoutMs.rest, 1_500);
  assert.equal(config.log.level, 'error');
});

const rpc = (changes: Changes = {}) => document(changes).replace('  serverType: kafka\n', '');

test('without a server type, or with rpc, requests are answered and nothing is asked of Kafka', () => {
  const minimal = rpc().replace(/ +svcOrchSpec:[^]*/, '');
  for (const text of [minimal, minimal.replace('transport: rest', 'transport: rest\n  serverType: rpc')]) {
    const config = read(text);
    assert.equal(config.kafka, undefined);
    assert.deepEqual([config.grpc?.port, config.notes, config.warnings], [5000, [], []]);
  }
  assert.equal(read(rpc(), { grpcPort: 0 }).grpc?.port, 0);
  assert.equal(read(rpc(), { grpcPort: -1 }).grpc, undefined);
  assert.equal(read(document()).grpc, undefined);
  assert.match(read(rpc()).warnings.join(), /KAFKA_INPUT_TOPIC is set, and serverType is not kafka.*no topic is read/);
  assert.equal(read(rpc(), { shutdownDelayMs: 300 }).shutdownDelayMs, 300);
});

test('the limit of a model call is that of KAFKA_MODEL_TIMEOUT_MS with either server type, and never none', () => {
  for (const text of [document(), rpc()]) {
    assert.deepEqual(read(text).modelTimeoutMs, { rest: 60_000, grpc: 60_000 });
    const shorter = read(text, { env: ['KAFKA_MODEL_TIMEOUT_MS=500'] });
    assert.deepEqual(shorter.modelTimeoutMs, { rest: 500, grpc: 500 });
    assert.match(failure(text, { env: ['KAFKA_MODEL_TIMEOUT_MS=0'] }).text, /KAFKA_MODEL_TIMEOUT_MS: '0' is not/);
  }
});

test('a certificate comes from SELDON_CERT_*, of this shell too, or from the Secret of the document', () => {
  const shell = { SELDON_CERT_MOUNT_PATH: '/tmp/c', SELDON_CERT_FILE_NAME: 'a.pem' };
  const expected = { certFile: '/tmp/c/a.pem', keyFile: '/tmp/c/tls.key' };
  assert.deepEqual(read(rpc(), {}, shell).tls, expected);
  const inDocument = '\n      - {name: SELDON_CERT_MOUNT_PATH, value: /cert/}';
  assert.deepEqual(read(document({ env: inDocument }), {}, shell).tls, expected);
  assert.equal(read(document({ env: inDocument })).tls?.certFile, '/cert/tls.crt');
  const secret = rpc({ more: '    ssl: {certSecretName: mine}' });
  assert.equal(read(secret, { secrets: '/s' }).tls?.certFile, '/s/mine/tls.crt');
  const plain = read(secret);
  assert.equal(plain.tls, undefined);
  assert.match(plain.warnings.join('\n'), /'mine': ports are plain text here; --secrets DIR/);
});

test('the document switches routing injection on', () => {
  const env = '\n      - {name: SELDON_ENABLE_ROUTING_INJECTION, value: "true"}';
  assert.equal(read(document()).routingInjection, false);
  assert.equal(read(document({ env })).routingInjection, true);
});
