import { test, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '../../../../src/base/errors.ts';
import type { ConnectionOptions } from '../../../../src/kafka/options.ts';
import { parseBrokers, securitySettings } from '../../../../src/kafka/security/security.ts';
import { CERTIFICATE, ENCRYPTED_KEY, KEY, KEY_PASSWORD, OTHER_CERTIFICATE } from './certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-security-'));
after(() => rmSync(folder, { recursive: true }));

const PLAIN: ConnectionOptions = {
  broker: 'localhost:9092',
  clientId: 'millrace',
  requestTimeoutMs: 30_000,
  securityProtocol: 'plaintext',
  sslCaCert: '',
  sslClientCert: '',
  sslClientKey: '',
  sslCaCertFile: '',
  sslClientCertFile: '',
  sslClientKeyFile: '',
  sslClientKeyPass: '',
  saslMechanism: 'PLAIN',
  saslUsername: '',
  saslPassword: '',
};

function settings(options: Partial<ConnectionOptions>) {
  return securitySettings({ ...PLAIN, ...options });
}

function refusal(options: Partial<ConnectionOptions>): string {
  try {
    settings(options);
  } catch (error) {
    assert.ok(error instanceof MillraceError);
    assert.equal(error.code, 'KAFKA_SECURITY');
    return error.message;
  }
  return assert.fail('the settings were accepted');
}

test('plain text needs nothing', () => {
  assert.deepEqual(settings({}), {});
});

test('TLS works with a private authority and no client certificate, and with the machine’s authorities', () => {
  const own = settings({ securityProtocol: 'ssl', sslCaCert: CERTIFICATE });
  assert.ok(own.tls);
  assert.equal(own.tls.ca, CERTIFICATE);
  assert.equal(own.tls.cert, undefined);
  const machine = settings({ securityProtocol: 'SSL' });
  assert.ok(machine.tls);
  assert.equal(machine.tls.ca, undefined);
});

test('certificates come by value or by file', () => {
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const found = settings({
    securityProtocol: 'ssl',
    sslCaCertFile: file('ca.pem', OTHER_CERTIFICATE),
    sslClientCertFile: file('client.pem', CERTIFICATE),
    sslClientKey: KEY,
  });
  assert.ok(found.tls);
  assert.deepEqual([found.tls.ca, found.tls.cert, found.tls.key], [OTHER_CERTIFICATE, CERTIFICATE, KEY]);
});

test('an encrypted key works with its password and is refused without', () => {
  const locked = { securityProtocol: 'ssl', sslClientCert: CERTIFICATE, sslClientKey: ENCRYPTED_KEY } as const;
  const found = settings({ ...locked, sslClientKeyPass: KEY_PASSWORD });
  assert.equal(found.tls && found.tls.passphrase, KEY_PASSWORD);
  const message = refusal({ ...locked, sslClientKeyPass: 'wrong-word' });
  assert.match(message, /KAFKA_SSL_CLIENT_KEY: is no readable PEM.*KAFKA_SSL_CLIENT_KEY_PASS/);
  assert.doesNotMatch(message, /wrong-word/);
});

test('SASL works with and without TLS', () => {
  const user = { saslMechanism: 'SCRAM-SHA-512', saslUsername: 'me', saslPassword: 'secret' } as const;
  const sasl = { mechanism: 'SCRAM-SHA-512', username: 'me', password: 'secret' };
  assert.deepEqual(settings({ securityProtocol: 'SASL_PLAINTEXT', ...user }), { sasl });
  assert.deepEqual(settings({ securityProtocol: 'sasl_ssl', ...user }).sasl, sasl);
  assert.ok(settings({ securityProtocol: 'sasl_ssl', ...user }).tls);
});

const REFUSED: readonly (readonly [string, Partial<ConnectionOptions>, RegExp])[] = [
  ['a certificate without its key', { sslClientCert: CERTIFICATE }, /KAFKA_SSL_CLIENT_KEY: .*belong together/],
  ['a key without its certificate', { sslClientKey: KEY }, /KAFKA_SSL_CLIENT_CERT: .*belong together/],
  ['a key of another certificate', { sslClientCert: OTHER_CERTIFICATE, sslClientKey: KEY }, /of another certificate/],
  ['value and file of one thing', { sslCaCert: CERTIFICATE, sslCaCertFile: '/x' }, /KAFKA_SSL_CA_CERT_FILE: both /],
  ['a file that is not there', { sslCaCertFile: '/nowhere/ca.pem' }, /'\/nowhere\/ca\.pem' cannot be read \(ENOENT/],
  ['an authority that is no PEM', { sslCaCert: 'hello' }, /KAFKA_SSL_CA_CERT: is no readable PEM/],
  [
    'SASL without a password',
    { securityProtocol: 'sasl_ssl', saslUsername: 'me' },
    /KAFKA_SASL_PASSWORD: is not set, and 'sasl_ssl' needs it/,
  ],
  ['SASL without anything', { securityProtocol: 'sasl_plaintext' }, /KAFKA_SASL_USERNAME[^]*KAFKA_SASL_PASSWORD/],
  [
    'TLS variables without TLS',
    { securityProtocol: 'plaintext', sslCaCert: CERTIFICATE },
    /KAFKA_SECURITY_PROTOCOL: 'plaintext' uses no TLS/,
  ],
];

for (const [what, options, message] of REFUSED) {
  test(`refuses ${what}`, () => {
    assert.match(refusal({ securityProtocol: 'ssl', ...options }), message);
  });
}

test('names every problem at once', () => {
  const message = refusal({ securityProtocol: 'sasl_ssl', sslCaCert: 'x', sslClientCert: 'y' });
  for (const name of ['CA_CERT:', 'CLIENT_CERT:', 'CLIENT_KEY:', 'SASL_USERNAME:', 'SASL_PASSWORD:']) {
    assert.ok(message.includes(name), `${name} is missing in ${message}`);
  }
});

test('never prints what it could not read', () => {
  const broken = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWJ5dGVz\n-----END PRIVATE KEY-----';
  const message = refusal({ securityProtocol: 'ssl', sslClientCert: CERTIFICATE, sslClientKey: broken });
  assert.match(message, /KAFKA_SSL_CLIENT_KEY: is no readable PEM/);
  assert.doesNotMatch(message, /c2VjcmV0|BEGIN PRIVATE/);
});

test('reads broker lists as Kafka writes them', () => {
  assert.deepEqual(parseBrokers('a:1,b.example.org:29092'), [
    { host: 'a', port: 1 },
    { host: 'b.example.org', port: 29_092 },
  ]);
  assert.deepEqual(parseBrokers(' a , 10.0.0.1:9093 ,'), [
    { host: 'a', port: 9092 },
    { host: '10.0.0.1', port: 9093 },
  ]);
  assert.deepEqual(parseBrokers('[::1]:9094'), [{ host: '::1', port: 9094 }]);
  assert.deepEqual(parseBrokers('SASL_SSL://a:9095'), [{ host: 'a', port: 9095 }]);
});

for (const wrong of ['a:0', 'a:65536', 'a:99999', 'a:b', '::1', 'http://a:1/path', 'a b:1', 'a:1;b:2']) {
  test(`refuses '${wrong}' as a broker`, () => {
    assert.throws(
      () => parseBrokers(`good:9092,${wrong}`),
      (error: unknown) => error instanceof MillraceError && error.message.includes(`'${wrong}'`),
    );
  });
}

for (const empty of ['', ' , ']) {
  test(`says that KAFKA_BROKER is not set for '${empty}'`, () => {
    assert.throws(() => parseBrokers(empty), /KAFKA_BROKER is not set/);
  });
}
