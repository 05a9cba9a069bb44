/** A TLS connection that did not come about, in a person's words. */
export interface TlsFailure {
  /** Begins with `TLS`. */
  readonly code: string;
  readonly message: string;
  /** False for what may pass by itself. */
  readonly fatal: boolean;
}

interface Rule extends TlsFailure {
  readonly sign: RegExp;
  readonly remedy: string;
}

/** Looked through in this order, with OpenSSL's or Node's code and text; the last one is for whatever else TLS complains of. */
const RULES: readonly Rule[] = [
  {
    code: 'TLS_HOST_NAME',
    sign: /^ERR_TLS_CERT_ALTNAME|^HOSTNAME_MISMATCH/,
    message: 'the certificate of the broker is for another host',
    remedy:
      'write KAFKA_BROKER, and advertised.listeners of the brokers, with a host that the certificate names, or add the host to it',
    fatal: true,
  },
  {
    code: 'TLS_EXPIRED',
    sign: /^CERT_HAS_EXPIRED|^CERT_NOT_YET_VALID/,
    message: 'the certificate of the broker, or of its authority, is not valid now',
    remedy:
      'renew it at the broker (the authority: in KAFKA_SSL_CA_CERT or KAFKA_SSL_CA_CERT_FILE too); see that the clock here is right',
    fatal: true,
  },
  {
    code: 'TLS_UNTRUSTED',
    sign: /^UNABLE_TO_|^SELF_SIGNED|^DEPTH_ZERO|^CERT_(SIGNATURE|UNTRUSTED|REJECTED)|^INVALID_CA|^ERR_SSL_CERTIFICATE_VERIFY/,
    message: 'the certificate of the broker is not signed by an authority that is trusted here',
    remedy:
      'set KAFKA_SSL_CA_CERT or KAFKA_SSL_CA_CERT_FILE to the certificate of the authority that signs the brokers',
    fatal: true,
  },
  {
    code: 'TLS_CLIENT_REFUSED',
    sign: /^ERR_SSL_.*ALERT_(\w*CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED)/,
    message: 'the broker refuses the client certificate, or the lack of one',
    remedy:
      'set KAFKA_SSL_CLIENT_CERT and KAFKA_SSL_CLIENT_KEY (or their _FILE) to a valid certificate of an authority that the brokers trust, its intermediates after it',
    fatal: true,
  },
  {
    code: 'TLS_REQUIRED',
    sign: /Broker requires TLS/,
    message: 'the broker speaks TLS at this port, and we do not',
    remedy: 'set KAFKA_SECURITY_PROTOCOL to ssl or sasl_ssl, or KAFKA_BROKER to a port without TLS',
    fatal: true,
  },
  {
    code: 'TLS_NOT_SPOKEN',
    sign: /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)/,
    message: 'the broker speaks no TLS at this port, and we do',
    remedy: 'set KAFKA_BROKER to a port with TLS, or KAFKA_SECURITY_PROTOCOL to plaintext or sasl_plaintext',
    fatal: true,
  },
  {
    // A broker that goes down in this moment, or a proxy whose broker is away, does the same.
    code: 'TLS_CUT_OFF',
    sign: /verify the broker supports TLS|UNEXPECTED_EOF/,
    message:
      'the broker cut the TLS handshake off; if that lasts, the port speaks no TLS: check KAFKA_SECURITY_PROTOCOL and the port in KAFKA_BROKER',
    remedy: 'check KAFKA_SECURITY_PROTOCOL and the port in KAFKA_BROKER',
    fatal: false,
  },
  {
    code: 'TLS',
    sign: /^(ERR_TLS_|CERT_|ERR_SSL_|ERR_OSSL_)/,
    message: 'no TLS connection comes about',
    remedy: 'check KAFKA_SECURITY_PROTOCOL and the KAFKA_SSL_* variables',
    fatal: true,
  },
];

/**
 * What a failed connection says about TLS; undefined when its failure has to do with something else.
 *
 * A certificate that does not fit will not fit the next time either; a broken connection may.
 *
 * @param code of the innermost error, Node's or OpenSSL's; empty when there is none
 * @param text of the error and its causes
 */
export function tlsFailure(code: string, text: string): TlsFailure | undefined {
  const rule = RULES.find(({ sign }) => sign.test(code) || sign.test(text));
  if (rule === undefined) return undefined;
  const detail = code === '' || rule.code === 'TLS_CUT_OFF' ? '' : ` (${code}${detailOf(text)})`;
  return { code: rule.code, message: rule.message + detail, fatal: rule.fatal };
}

/** What a person can do about a failure of `tlsFailure`; undefined for other codes. */
export function tlsRemedy(code: string): string | undefined {
  return RULES.find((rule) => rule.code === code)?.remedy;
}

// Which hosts the certificate is for is said nowhere else.
function detailOf(text: string): string {
  const names = /(?:Host|IP): .*/.exec(text);
  return names === null ? '' : `, ${names[0].trim()}`;
}
