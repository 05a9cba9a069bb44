// A broker with every kind of secured listener, and what a client needs for each.
import { startEmbeddedKafka, type EmbeddedKafka } from '../../src/dev/kafka/embedded-kafka.ts';
import type { ListenerSpec } from '../../src/dev/kafka/server-properties.ts';
import { CertificateAuthority, type Certificate } from './certificate-authority.ts';

/** `TLS` asks for no client certificate, `MTLS` for one; the certificates of `EXPIRED` and `ELSEWHERE` are of no use. */
const LISTENERS = [
  { name: 'TLS', protocol: 'SSL' },
  { name: 'MTLS', protocol: 'SSL' },
  { name: 'EXPIRED', protocol: 'SSL' },
  { name: 'ELSEWHERE', protocol: 'SSL' },
  { name: 'SASL_TLS', protocol: 'SASL_SSL' },
  { name: 'SASL_PLAIN', protocol: 'SASL_PLAINTEXT' },
] as const satisfies readonly ListenerSpec[];

export type SecuredListener = (typeof LISTENERS)[number]['name'];

/** Has what it needs; `reader` may not write where there are rules for a topic. */
export const USERS = { alice: 'wonder land, "through" = the glass', reader: 'may-only-look' };

/** SCRAM credentials are made on a command line of Kafka's, which takes no quotation marks. */
export const SCRAM_USER = { name: 'scram-alice', password: 'wonder land = the-other-side' };

/** Sessions of SCRAM-SHA-512 end so soon that a client has to log in again in the middle of its work; brokers allow it once a second. */
const SESSION_MS = 2_000;

export interface SecuredKafka {
  readonly kafka: EmbeddedKafka;
  /** Signs the brokers; what `MTLS` trusts. */
  readonly root: CertificateAuthority;
  /** Of the intermediate authority below, which the broker does not know: the chain must be sent along. */
  readonly client: Certificate;
  readonly intermediate: CertificateAuthority;
}

export async function startSecuredKafka(): Promise<SecuredKafka> {
  const root = new CertificateAuthority('millrace test root');
  const intermediate = new CertificateAuthority('millrace test intermediate', root);
  const hosts = ['127.0.0.1', 'localhost'];
  const good = root.issue({ name: 'broker', hosts });
  const expired = root.issue({ name: 'broker', hosts, expires: new Date(Date.now() - 3_600_000) });
  const elsewhere = root.issue({ name: 'broker', hosts: ['kafka.example.org'] });
  const certificates = { TLS: good, MTLS: good, SASL_TLS: good, EXPIRED: expired, ELSEWHERE: elsewhere };
  const properties: Record<string, string> = {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'true',
    'super.users': 'User:ANONYMOUS',
  };
  for (const [name, { cert, key }] of Object.entries(certificates)) {
    const prefix = `listener.name.${name.toLowerCase()}.ssl`;
    properties[`${prefix}.keystore.type`] = 'PEM';
    properties[`${prefix}.keystore.certificate.chain`] = cert;
    properties[`${prefix}.keystore.key`] = key;
    properties[`${prefix}.truststore.type`] = 'PEM';
    properties[`${prefix}.truststore.certificates`] = root.cert;
    properties[`${prefix}.client.auth`] = name === 'MTLS' ? 'required' : 'none';
  }
  const security = 'org.apache.kafka.common.security';
  const users = Object.entries(USERS).map(([name, password]) => ` user_${name}="${password.replaceAll('"', '\\"')}"`);
  for (const name of ['sasl_tls', 'sasl_plain']) {
    const prefix = `listener.name.${name}`;
    properties[`${prefix}.plain.sasl.jaas.config`] = `${security}.plain.PlainLoginModule required${users.join('')};`;
    for (const mechanism of ['scram-sha-256', 'scram-sha-512']) {
      properties[`${prefix}.${mechanism}.sasl.jaas.config`] = `${security}.scram.ScramLoginModule required;`;
    }
    properties[`${prefix}.scram-sha-512.connections.max.reauth.ms`] = String(SESSION_MS);
  }
  const kafka = await startEmbeddedKafka({
    // Nobody kills it, but the machine may be busy.
    sessionMs: 9_000,
    listeners: LISTENERS,
    scramUsers: (['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const).map((mechanism) => ({ mechanism, ...SCRAM_USER })),
    properties,
  });
  return { kafka, root, intermediate, client: intermediate.issue({ name: 'client' }) };
}
