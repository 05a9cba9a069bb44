// Streams over every kind of secured listener of a broker of their own, and what is said when one refuses.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AclOperations, AclPermissionTypes, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka';
import { MillraceError } from '../../../src/base/errors.ts';
import { readOptions } from '../../../src/base/options.ts';
import { streamFailure } from '../../../src/executor/stream-failure.ts';
import { brokerTrouble, type BrokerTrouble } from '../../../src/kafka/channels.ts';
import { Cluster } from '../../../src/kafka/cluster/cluster.ts';
import { connectionOptions } from '../../../src/kafka/options.ts';
import { committedOffsets, createTopic, produceRecords, uniqueTopic, withAdmin } from '../../broker.ts';
import { checkStream } from '../../stream/check-stream.ts';
import { persist } from '../../persist.ts';
import { millrace, startMillrace, type RunningMillrace } from '../../millrace.ts';
import { groupOf, MillraceProcess } from '../../stream/millrace-process.ts';
import { ModelServer } from '../../stream/model-server.ts';
import { startTestStream, until } from '../../stream/test-stream.ts';
import { CertificateAuthority } from '../../tls/certificate-authority.ts';
import {
  SCRAM_USER,
  startSecuredKafka,
  USERS,
  type SecuredKafka,
  type SecuredListener,
} from '../../tls/secured-kafka.ts';
import { seedDocument, writeSecrets, type DocumentOptions } from '../../tls/seed-document.ts';

type Variables = Readonly<Record<string, string>>;

const KEY_PASSWORD = 'sesame, open!';
const WRONG = { user: 'nobody-knows', password: 'guessed-this-one' };
const folder = mkdtempSync(join(tmpdir(), 'millrace-security-'));
const model = new ModelServer();
let secured: SecuredKafka;
let bootstrap: string;
/** By what is needed: variables of each kind of client. */
let tls: Variables;
let mutual: Variables;
let lockedKey: string;

before(async () => {
  [secured] = await Promise.all([startSecuredKafka(), model.start()]);
  const { root, client, intermediate, kafka } = secured;
  bootstrap = kafka.bootstrap;
  lockedKey = client.lockedKey(KEY_PASSWORD);
  tls = { KAFKA_SECURITY_PROTOCOL: 'ssl', KAFKA_SSL_CA_CERT: root.cert };
  const chain = client.cert + intermediate.cert;
  mutual = { ...tls, KAFKA_SSL_CLIENT_CERT: chain, KAFKA_SSL_CLIENT_KEY: client.key };
});

after(async () => {
  await Promise.all([secured.kafka.stop(), model.stop()]);
  rmSync(folder, { recursive: true });
});

function login(protocol: string, mechanism: string, user = SCRAM_USER.name, password = SCRAM_USER.password): Variables {
  return {
    KAFKA_SECURITY_PROTOCOL: protocol,
    ...(protocol === 'sasl_ssl' && { KAFKA_SSL_CA_CERT: secured.root.cert }),
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD: password,
  };
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A secret is whatever nobody may read in a log: keys by any of their lines. */
function assertNoSecret(text: string): void {
  const { client } = secured;
  const keys = [client.key, lockedKey].flatMap((key) =>
    key.split('\n').filter((line) => line && !line.startsWith('-')),
  );
  const passwords = [KEY_PASSWORD, WRONG.password, SCRAM_USER.password, ...Object.values(USERS)];
  const encoded = passwords.flatMap((password) => [JSON.stringify(password).slice(1, -1), btoa(password)]);
  for (const secret of [...keys, ...passwords, ...encoded])
    assert.ok(!text.includes(secret), `a secret is in: ${text}`);
}

async function newTopics(name: string, count: number) {
  const [input, output] = [uniqueTopic(`${name}-in`), uniqueTopic(`${name}-out`)];
  await createTopic(bootstrap, input, 2);
  await produce(input, count);
  return { bootstrap, input, output };
}

async function produce(input: string, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, id) => ({ key: `key-${id % 5}`, value: `{"id":${id}}` }));
  await produceRecords(bootstrap, input, records);
}

async function committed(input: string): Promise<number> {
  const offsets = await committedOffsets(bootstrap, groupOf(input), input).catch(() => new Map<number, bigint>());
  return Number([...offsets.values()].reduce((all, one) => all + one, 0n));
}

/** Every request has exactly one result, seen over the plain listener. */
async function assertAllAnswered(topics: Awaited<ReturnType<typeof newTopics>>, count: number): Promise<void> {
  await until('all is committed', async () => (await committed(topics.input)) === count);
  const report = await checkStream({ ...topics, group: groupOf(topics.input) });
  const { inputs, results, errors, lost, duplicated } = report;
  assert.deepEqual(
    { inputs, results, errors, lost, duplicated },
    { inputs: count, results: count, errors: 0, lost: [], duplicated: [] },
  );
}

function stream(topics: { input: string; output: string }, address: string, env: Variables) {
  const { input, output } = topics;
  return startTestStream({ bootstrap: address, input, output, modelPort: model.port, group: groupOf(input), env });
}

/** `millrace run` with the variables in the document. */
function run(options: Omit<DocumentOptions, 'modelPort'>): RunningMillrace {
  const args = ['run', '-', '--http-port', '0', '--secrets', folder, '--log-level', 'INFO'];
  return startMillrace(args, { input: seedDocument({ ...options, modelPort: model.port }) });
}

const FLOWS: readonly (readonly [what: string, listener: SecuredListener, env: () => Variables, host?: string])[] = [
  ['a private authority, no client certificate', 'TLS', () => tls],
  ['a broker named by host, which tells its address', 'TLS', () => tls, 'localhost'],
  ['a client certificate with its chain by value', 'MTLS', () => mutual],
  [
    'a client certificate by file, and a bundle of authorities',
    'MTLS',
    () => ({
      KAFKA_SECURITY_PROTOCOL: 'SSL',
      KAFKA_SSL_CA_CERT_FILE: file('ca.pem', new CertificateAuthority('another').cert + secured.root.cert),
      KAFKA_SSL_CLIENT_CERT_FILE: file('client.pem', secured.client.cert + secured.intermediate.cert),
      KAFKA_SSL_CLIENT_KEY_FILE: file('client.key', lockedKey),
      KAFKA_SSL_CLIENT_KEY_PASS: KEY_PASSWORD,
    }),
  ],
  ['PLAIN over TLS', 'SASL_TLS', () => login('sasl_ssl', 'PLAIN', 'alice', USERS.alice)],
  ['PLAIN', 'SASL_PLAIN', () => login('sasl_plaintext', 'PLAIN', 'alice', USERS.alice)],
  ['SCRAM-SHA-256 over TLS', 'SASL_TLS', () => login('sasl_ssl', 'SCRAM-SHA-256')],
  ['SCRAM-SHA-256', 'SASL_PLAIN', () => login('SASL_PLAINTEXT', 'SCRAM-SHA-256')],
  ['SCRAM-SHA-512', 'SASL_PLAIN', () => login('sasl_plaintext', 'SCRAM-SHA-512')],
];

describe('records flow over', { concurrency: 3 }, () => {
  for (const [what, listener, env, host = '127.0.0.1'] of FLOWS) {
    test(what, async (context) => {
      const topics = await newTopics('flow', 20);
      const running = stream(topics, secured.kafka.listener(listener).replace('127.0.0.1', host), env());
      context.after(() => running.close(0));
      await Promise.race([assertAllAnswered(topics, 20), running.ended]);
      await running.close();
    });
  }

  test('the seed’s document, its secrets from a directory', async () => {
    const { root, client, intermediate, kafka } = secured;
    const topics = await newTopics('seed', 20);
    writeSecrets(folder, {
      'seldon-cluster-ca-cert/ca.crt': root.cert,
      'seldon-user/user.crt': client.cert + intermediate.cert,
      'seldon-user/user.key': lockedKey,
      'seldon-user/user.password': `${KEY_PASSWORD}\n`,
    });
    const secret = (name: string, key: string) => ({ secret: name, key });
    const broker = kafka.listener('MTLS').replace('127.0.0.1', 'localhost');
    const env = {
      KAFKA_SECURITY_PROTOCOL: 'ssl',
      KAFKA_SSL_CA_CERT: secret('seldon-cluster-ca-cert', 'ca.crt'),
      KAFKA_SSL_CLIENT_CERT: secret('seldon-user', 'user.crt'),
      KAFKA_SSL_CLIENT_KEY: secret('seldon-user', 'user.key'),
      KAFKA_SSL_CLIENT_KEY_PASS: secret('seldon-user', 'user.password'),
    };
    const running = run({ broker, ...topics, env });
    await assertAllAnswered(topics, 20);
    running.kill('SIGTERM');
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    assertNoSecret(stdout + stderr);
    assert.doesNotMatch(stderr, /DEP\d+|Warning/);
  });

  test('produce and consume', async () => {
    const topic = uniqueTopic('commands');
    await createTopic(bootstrap, topic);
    const env = { ...mutual, KAFKA_BROKER: secured.kafka.listener('MTLS') };
    const produced = await millrace(['produce', '-', '--topic', topic], { env, input: '{"a":1}\n{"a":2}\n' });
    assert.equal(produced.code, 0, produced.stderr);
    const consumed = await millrace(['consume', '--topic', topic], { env });
    assert.equal(consumed.stdout, '{"a":1}\n{"a":2}\n');
    for (const { stdout, stderr } of [produced, consumed]) assertNoSecret(stdout + stderr);
  });
});

const foreignClient = (): Variables => {
  const { cert, key } = new CertificateAuthority('foreign').issue({ name: 'client' });
  return { ...tls, KAFKA_SSL_CLIENT_CERT: cert, KAFKA_SSL_CLIENT_KEY: key };
};

const REFUSALS: readonly (readonly [what: string, listener: SecuredListener, env: () => Variables, text: RegExp])[] = [
  ['a wrong password (SCRAM)', 'SASL_TLS', () => login('sasl_ssl', 'SCRAM-SHA-512', undefined, WRONG.password), /invalid credentials.*\n.*KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD/],
  ['a wrong user (PLAIN)', 'SASL_PLAIN', () => login('sasl_plaintext', 'PLAIN', WRONG.user, WRONG.password), /Invalid username or password.*\n.*KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD/],
  ['a login where none is asked for', 'TLS', () => login('sasl_ssl', 'PLAIN', 'alice', USERS.alice), /ILLEGAL_SASL_STATE.*\n.*KAFKA_SECURITY_PROTOCOL/],
  ['a foreign authority', 'TLS', () => ({ ...tls, KAFKA_SSL_CA_CERT: new CertificateAuthority('foreign').cert }), /not signed by an authority that is trusted here.*\n.*KAFKA_SSL_CA_CERT/],
  ['a private authority that is not told', 'TLS', () => ({ KAFKA_SECURITY_PROTOCOL: 'ssl' }), /not signed by an authority that is trusted here.*\n.*KAFKA_SSL_CA_CERT/],
  ['an expired certificate', 'EXPIRED', () => tls, /is not valid now.*\n.*KAFKA_SSL_CA_CERT/],
  ['a certificate of another host', 'ELSEWHERE', () => tls, /is for another host.*127\.0\.0\.1.*\n.*KAFKA_BROKER/],
  ['plain text to a TLS port', 'TLS', () => ({ KAFKA_SECURITY_PROTOCOL: 'plaintext' }), /speaks TLS at this port.*\n.*KAFKA_SECURITY_PROTOCOL/],
  ['no client certificate', 'MTLS', () => tls, /refuses the client certificate.*\n.*KAFKA_SSL_CLIENT_CERT/],
  ['a foreign client certificate', 'MTLS', foreignClient, /refuses the client certificate.*\n.*KAFKA_SSL_CLIENT_CERT/],
]; // prettier-ignore

describe('it ends and says why:', { concurrency: 3 }, () => {
  for (const [what, listener, env, text] of REFUSALS) {
    test(what, async (context) => {
      const running = stream({ input: uniqueTopic('in'), output: 'out' }, secured.kafka.listener(listener), env());
      context.after(() => running.close(0));
      const failure = streamFailure(await running.ended.catch((error: unknown) => error));
      assert.ok(failure instanceof MillraceError);
      const said = `${failure.message}\n${failure.remedy}`;
      assert.match(said, text);
      assert.ok(said.includes(secured.kafka.listener(listener)), `names the broker: ${said}`);
      assertNoSecret(said);
    });
  }

  test('as a process too, with exit code 1', async () => {
    const env = login('sasl_ssl', 'SCRAM-SHA-256', undefined, WRONG.password);
    const broker = secured.kafka.listener('SASL_TLS');
    const { code, stdout, stderr } = await run({ broker, input: 'any', output: 'other', env }).ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^millrace: .*invalid credentials.*\n.*KAFKA_SASL_PASSWORD/m);
    assertNoSecret(stdout + stderr);
  });
});

describe('what a restarting broker does too is waited for:', { concurrency: 3 }, () => {
  test('TLS to a plain port', async (context) => {
    const running = await MillraceProcess.start({
      bootstrap,
      input: 'in',
      output: 'out',
      modelPort: model.port,
      env: tls,
    });
    context.after(() => running.end('SIGKILL'));
    await until('it says where to look', () => running.log.includes('check KAFKA_SECURITY_PROTOCOL'));
    assert.deepEqual([await running.probe('/live'), await running.probe('/ready')], [200, 503]);
    assert.equal(await running.end('SIGTERM'), 0, running.log);
    assertNoSecret(running.log);
  });

  for (const [what, env] of [
    ['TLS without a login', () => tls],
    ['a login in plain text at a TLS port', () => login('sasl_plaintext', 'SCRAM-SHA-256')],
  ] as const) {
    test(what, async (context) => {
      const input = uniqueTopic('waits');
      const told: string[] = [];
      const note = (trouble: BrokerTrouble) => void (trouble.what.includes(input) && told.push(trouble.error));
      context.after(brokerTrouble.subscribe(note));
      const running = stream({ input, output: 'out' }, secured.kafka.listener('SASL_TLS'), env());
      context.after(() => running.close(0));
      await until('it says where to look', () => told.some((text) => text.includes('KAFKA_SECURITY_PROTOCOL')));
      assertNoSecret(told.join());
    });
  }
});

test('no right to write the output topic ends it; with the right, nothing is lost', async (context) => {
  const topics = await newTopics('rights', 10);
  await createTopic(bootstrap, topics.output, 2);
  const allow = (operation: 'DESCRIBE' | 'WRITE') =>
    persist(() =>
      withAdmin(bootstrap, (admin) =>
        admin.createAcls({
          creations: [
            {
              resourceType: ResourceTypes.TOPIC,
              resourceName: topics.output,
              resourcePatternType: ResourcePatternTypes.LITERAL,
              principal: 'User:reader',
              host: '*',
              operation: AclOperations[operation],
              permissionType: AclPermissionTypes.ALLOW,
            },
          ],
        }),
      ),
    );
  await allow('DESCRIBE');
  const env = login('sasl_plaintext', 'PLAIN', 'reader', USERS.reader);
  const broker = secured.kafka.listener('SASL_PLAIN');
  const { code, stdout, stderr } = await run({ broker, ...topics, env }).ended;
  assert.equal(code, 1, stderr);
  assert.match(stderr, new RegExp(`'${topics.output}'.*TOPIC_AUTHORIZATION_FAILED.*\\n.*Write`));
  assertNoSecret(stdout + stderr);
  assert.equal(await committed(topics.input), 0);
  await allow('WRITE');
  const running = stream(topics, broker, env);
  context.after(() => running.close(0));
  await assertAllAnswered(topics, 10);
});

test('renewed certificate files are used by the next connection, half-written ones are not', async (context) => {
  const { cert, key } = new CertificateAuthority('foreign').issue({ name: 'client' });
  const options = readOptions(connectionOptions, {
    env: {
      KAFKA_BROKER: secured.kafka.listener('MTLS'),
      ...tls,
      KAFKA_SSL_CLIENT_CERT_FILE: file('renewed.pem', cert),
      KAFKA_SSL_CLIENT_KEY_FILE: file('renewed.key', key),
    },
  });
  const cluster = new Cluster(options.values);
  context.after(() => cluster.close());
  await assert.rejects(cluster.refresh([]), { code: 'TLS_CLIENT_REFUSED' });
  file('renewed.pem', secured.client.cert + secured.intermediate.cert);
  await assert.rejects(cluster.refresh([]), { code: 'TLS_CLIENT_REFUSED' });
  file('renewed.key', secured.client.key);
  await cluster.refresh([]);
});

test('logins that end in the middle of the work and a broker that restarts: nothing is lost', async (context) => {
  const topics = await newTopics('sessions', 10);
  const running = stream(topics, secured.kafka.listener('SASL_TLS'), login('sasl_ssl', 'SCRAM-SHA-512'));
  const mutually = await newTopics('restart', 10);
  const other = stream(mutually, secured.kafka.listener('MTLS'), mutual);
  context.after(() => Promise.all([running.close(0), other.close(0)]));
  // Longer than two sessions.
  for (let round = 0; round < 18; round++) {
    await produce(topics.input, 10);
    await sleep(250);
  }
  await assertAllAnswered(topics, 190);
  await until('no trouble is left', () => running.pipeline.status().brokerTroubles.length === 0);
  await secured.kafka.restart();
  await produce(topics.input, 10);
  await produce(mutually.input, 10);
  await Promise.race([assertAllAnswered(topics, 200), running.ended]);
  await Promise.race([assertAllAnswered(mutually, 20), other.ended]);
});
