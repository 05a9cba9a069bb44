import { ServerCredentials } from '@grpc/grpc-js';
import type { CertificateFiles } from '../certificate-files.ts';

/** Credentials of a gRPC server that follow the certificate's files: new connections get the new one, those there are stay. */
export class ReloadedCredentials extends ServerCredentials {
  constructor(files: CertificateFiles) {
    const { cert, key } = files.current;
    super({}, { cert, key });
    files.onChange((changed) => this.updateSecureContextOptions({ cert: changed.cert, key: changed.key }));
  }

  _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
