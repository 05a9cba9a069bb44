import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { errorText, MillraceError } from '../base/errors.ts';
import { certificateChanged } from './channels.ts';

/** Where the certificate with its chain and its key are, both PEM. */
export interface CertificatePaths {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate with its chain, and its key; both PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Between two looks at the files. Watching them would miss Kubernetes' way to change a Secret, which moves a link above them. */
const CHECK_MS = 10_000;

/** A certificate that is read again when its files change. What cannot be used is told, and the one before stays. */
export class CertificateFiles {
  readonly #paths: CertificatePaths;
  readonly #timer: NodeJS.Timeout;
  readonly #listeners: ((certificate: Certificate) => void)[] = [];
  #current: Certificate;
  /** What was read last, also where it could not be used: told once. */
  #seen: string;

  /** @throws MillraceError CERTIFICATE_INVALID for files that cannot be read, or are no certificate and its key */
  constructor(paths: CertificatePaths, checkMs = CHECK_MS) {
    this.#paths = paths;
    try {
      this.#current = read(paths);
    } catch (error) {
      throw new MillraceError(
        `Error certificate could not be found: ${paths.certFile} and ${paths.keyFile} cannot be used: ${errorText(error)}`,
        {
          code: 'CERTIFICATE_INVALID',
          remedy:
            'mount a Secret with a certificate and its key there (PEM), or unset SELDON_CERT_MOUNT_PATH for plain text',
          cause: error,
        },
      );
    }
    this.#seen = textOf(this.#current);
    this.#timer = setInterval(() => this.#check(), checkMs);
    this.#timer.unref();
  }

  get current(): Certificate {
    return this.#current;
  }

  onChange(listener: (certificate: Certificate) => void): void {
    this.#listeners.push(listener);
  }

  /** Ends the looking. */
  close(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const { certFile } = this.#paths;
    try {
      const certificate = read(this.#paths);
      const text = textOf(certificate);
      if (text === this.#seen) return;
      this.#seen = text;
      this.#current = certificate;
      for (const listener of this.#listeners) listener(certificate);
      certificateChanged.publish({ certFile, error: undefined });
    } catch (error) {
      const text = errorText(error);
      if (text === this.#seen) return;
      this.#seen = text;
      certificateChanged.publish({ certFile, error: text });
    }
  }
}

function read({ certFile, keyFile }: CertificatePaths): Certificate {
  const certificate = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  // Throws for what is no certificate, no key, or the key of another.
  createSecureContext(certificate);
  return certificate;
}

function textOf({ cert, key }: Certificate): string {
  return `${cert.toString('latin1')}\n${key.toString('latin1')}`;
}
