import { readFileSync } from 'node:fs';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ConnectionOptions as LibraryConnectionOptions } from '@platformatic/kafka';
import { MillraceError, errorText, problemsError, type Problem } from '../../base/errors.ts';
import type { ConnectionOptions } from '../options.ts';

/** TLS and SASL settings in the Kafka client library's form. */
export type SecuritySettings = Pick<LibraryConnectionOptions, 'tls' | 'sasl'>;

/**
 * Compiles the security options. Certificates come by value or by file, never both; a private CA works without a client
 * certificate; a certificate needs its key. Reads and parses every file at once, so that a bad one stops the start.
 *
 * @throws MillraceError naming each variable that is wrong; never prints a key or password
 */
export function securitySettings(options: ConnectionOptions): SecuritySettings {
  const protocol = options.securityProtocol.toLowerCase();
  const problems: Problem[] = [];
  const ca = pem('KAFKA_SSL_CA_CERT', options.sslCaCert, options.sslCaCertFile, problems);
  const cert = pem('KAFKA_SSL_CLIENT_CERT', options.sslClientCert, options.sslClientCertFile, problems);
  const key = pem('KAFKA_SSL_CLIENT_KEY', options.sslClientKey, options.sslClientKeyFile, problems);
  const tls = protocol === 'ssl' || protocol === 'sasl_ssl';
  const sasl = protocol === 'sasl_plaintext' || protocol === 'sasl_ssl';

  if (!tls && (ca ?? cert ?? key) !== undefined) {
    problems.push({
      path: 'KAFKA_SECURITY_PROTOCOL',
      message: `'${protocol}' uses no TLS, but KAFKA_SSL_* variables are set`,
      remedy: 'set it to ssl or sasl_ssl, or remove the KAFKA_SSL_* variables',
    });
  }
  if ((cert === undefined) !== (key === undefined)) {
    problems.push({
      path: cert === undefined ? 'KAFKA_SSL_CLIENT_CERT' : 'KAFKA_SSL_CLIENT_KEY',
      message: 'a client certificate and its key belong together, and this one is missing',
      remedy: 'set both, or neither (then the brokers are verified, and we are not)',
    });
  }
  if (sasl) {
    for (const [name, value] of [
      ['KAFKA_SASL_USERNAME', options.saslUsername],
      ['KAFKA_SASL_PASSWORD', options.saslPassword],
    ] as const) {
      if (value === '')
        problems.push({ path: name, message: `is not set, and '${protocol}' needs it`, remedy: 'set it' });
    }
  }
  checkPem('KAFKA_SSL_CA_CERT', ca, problems, (text) => new X509Certificate(text));
  checkPem('KAFKA_SSL_CLIENT_CERT', cert, problems, (text) => new X509Certificate(text));
  checkPem('KAFKA_SSL_CLIENT_KEY', key, problems, (text) =>
    createPrivateKey({ key: text, passphrase: options.sslClientKeyPass }),
  );
  if (problems.length === 0 && cert !== undefined && key !== undefined && !belongTogether(cert, key, options)) {
    problems.push({
      path: 'KAFKA_SSL_CLIENT_KEY',
      message: 'is the key of another certificate than KAFKA_SSL_CLIENT_CERT',
      remedy: 'set the two to files that were made together; the client certificate is the first of its chain',
    });
  }
  if (problems.length > 0)
    throw problemsError('The Kafka security settings cannot be used:', 'KAFKA_SECURITY', problems);

  return {
    ...(tls && {
      tls: { ca, cert, key, ...(options.sslClientKeyPass !== '' && { passphrase: options.sslClientKeyPass }) },
    }),
    ...(sasl && {
      sasl: { mechanism: options.saslMechanism, username: options.saslUsername, password: options.saslPassword },
    }),
  };
}

function belongTogether(cert: string, key: string, options: ConnectionOptions): boolean {
  const own = createPrivateKey({ key, passphrase: options.sslClientKeyPass });
  return new X509Certificate(cert).checkPrivateKey(own);
}

function pem(name: string, value: string, file: string, problems: Problem[]): string | undefined {
  if (value !== '' && file !== '') {
    problems.push({
      path: `${name}_FILE`,
      message: `both ${name} and ${name}_FILE are set`,
      remedy: 'keep one of the two',
    });
  }
  if (value !== '') return value;
  if (file === '') return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    problems.push({
      path: `${name}_FILE`,
      message: `'${file}' cannot be read (${errorText(error)})`,
      remedy: 'name a readable PEM file',
    });
    return undefined;
  }
}

function checkPem(name: string, text: string | undefined, problems: Problem[], parse: (text: string) => unknown): void {
  if (text === undefined) return;
  try {
    parse(text);
  } catch {
    // The parser's own text can quote what it was given, so it is not shown.
    problems.push({
      path: name,
      message: 'is no readable PEM',
      remedy: name.endsWith('KEY')
        ? 'give the key in PEM form, and its password in KAFKA_SSL_CLIENT_KEY_PASS if it has one'
        : 'give the certificates in PEM form (-----BEGIN CERTIFICATE-----)',
    });
  }
}

/** Where a broker is. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port[,host:port...]`; a bare host means port 9092, `[::1]:9092` is IPv6.
 *
 * @throws MillraceError that names the part that is wrong
 */
export function parseBrokers(text: string): BrokerAddress[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const brokers = parts.map((part) => {
    const match = /^(?:[a-z_]+:\/\/)?(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]+)(?::(\d{1,5}))?$/i.exec(part);
    const port = Number(match?.[2] ?? 9092);
    if (!match?.[1] || port < 1 || port > 65_535) {
      throw new MillraceError(`KAFKA_BROKER: '${part}' is no broker address`, {
        code: 'KAFKA_BROKER',
        remedy: 'write HOST:PORT, several separated by commas',
      });
    }
    return { host: match[1].replace(/^\[|\]$/g, ''), port };
  });
  if (brokers.length === 0) {
    throw new MillraceError('KAFKA_BROKER is not set', {
      code: 'KAFKA_BROKER',
      remedy: 'set it to HOST:PORT of a broker (millrace kafka starts one)',
    });
  }
  return brokers;
}
