// Certificates for tests of TLS, made on the spot: no tool, no files that expire.
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { bits, der, identifier, integer, octets, sequence, set, text, time, yes } from './der.ts';

const ECDSA_WITH_SHA256 = sequence(identifier('1.2.840.10045.4.3.2'));
const COMMON_NAME = '2.5.4.3';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const DAY_MS = 86_400_000;

export interface CertificateRequest {
  /** The common name. */
  readonly name: string;
  /** DNS names and IPv4 addresses. */
  readonly hosts?: readonly string[];
  /** The last moment in which it is valid; by default tomorrow. */
  readonly expires?: Date;
}

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** The key under a password. */
  lockedKey(password: string): string;
}

export class CertificateAuthority {
  /** Its own certificate, PEM. */
  readonly cert: string;
  readonly #name: string;
  readonly #key: KeyObject;

  /** @param parent who signs it; by default it signs itself, as a root does */
  constructor(name: string, parent?: CertificateAuthority) {
    const { publicKey, privateKey } = newKeys();
    this.#name = name;
    this.#key = privateKey;
    const constraints = sequence(identifier(BASIC_CONSTRAINTS), yes, octets(sequence(yes)));
    this.cert = (parent ?? this).#sign({ name }, publicKey, constraints);
  }

  issue(request: CertificateRequest): Certificate {
    const { publicKey, privateKey } = newKeys();
    const hosts = (request.hosts ?? []).map((host) =>
      isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host)),
    );
    const names = sequence(identifier(SUBJECT_ALT_NAME), octets(sequence(...hosts)));
    return {
      cert: this.#sign(request, publicKey, ...(hosts.length > 0 ? [names] : [])),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      lockedKey: (passphrase) =>
        privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }) as string,
    };
  }

  #sign({ name, expires }: CertificateRequest, key: KeyObject, ...extensions: readonly Buffer[]): string {
    const end = expires ?? new Date(Date.now() + DAY_MS);
    const serial = randomBytes(16);
    serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
    const content = sequence(
      der(0xa0, integer(Buffer.from([2]))),
      integer(serial),
      ECDSA_WITH_SHA256,
      distinguishedName(this.#name),
      sequence(time(new Date(end.getTime() - 2 * DAY_MS)), time(end)),
      distinguishedName(name),
      key.export({ type: 'spki', format: 'der' }),
      ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
    );
    const whole = sequence(content, ECDSA_WITH_SHA256, bits(sign('sha256', content, this.#key)));
    const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
    return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
  }
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function distinguishedName(name: string): Buffer {
  return sequence(set(sequence(identifier(COMMON_NAME), text(name))));
}
