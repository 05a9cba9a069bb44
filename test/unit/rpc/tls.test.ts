import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import { CertificateFiles } from '../../../src/rpc/certificate-files.ts';
import { certificateChanged } from '../../../src/rpc/channels.ts';
import { startGrpcServer } from '../../../src/rpc/grpc/grpc-server.ts';
import { startHttpServer } from '../../../src/rpc/http/http-server.ts';
import { ask } from './ask.ts';
import { FIRST, FIRST_KEY, SECOND, SECOND_KEY } from './certificates.ts';
import { GrpcCaller } from './grpc-front.ts';
import { until } from '../../until.ts';

const CHECK_MS = 20;

interface Place {
  readonly certFile: string;
  readonly keyFile: string;
  write(cert: string, key: string): void;
}

async function inFolder(use: (place: Place) => Promise<void> | void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
  const certFile = join(folder, 'tls.crt');
  const keyFile = join(folder, 'tls.key');
  try {
    await use({
      certFile,
      keyFile,
      write(cert, key) {
        writeFileSync(certFile, cert);
        writeFileSync(keyFile, key);
      },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The status over TLS by a client that trusts this certificate alone; the error's code where it does not. */
function trusting(port: number, ca: string): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/live', ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    asked.end();
  });
}

async function trustingGrpc(port: number, ca: string): Promise<boolean> {
  const caller = new GrpcCaller(port, credentials.createSsl(Buffer.from(ca)));
  try {
    return (await caller.call('/a.B/C', Buffer.alloc(0))).error === null;
  } finally {
    caller.close();
  }
}

test('both servers speak TLS, and follow a certificate that is renewed', async () => {
  await inFolder(async (place) => {
    place.write(FIRST, FIRST_KEY);
    const certificate = new CertificateFiles(place, CHECK_MS);
    const told: (string | undefined)[] = [];
    const end = certificateChanged.subscribe(({ error }) => told.push(error));
    const http = await startHttpServer(
      {
        host: '127.0.0.1',
        port: 0,
        cors: { allowedOrigins: '*', allowedHeaders: '*' },
        deployment: { deploymentName: 'd', namespace: 'n' },
        maxRequestBytes: 10,
        certificate,
      },
      [{ path: '/live', methods: 'any', handler: () => ({ status: 200 }) }],
    );
    const unary = [{ path: '/a.B/C', isMeasured: false, answer: () => Buffer.alloc(0) }];
    const grpc = await startGrpcServer({ host: '127.0.0.1', port: 0, maxMessageBytes: 10, certificate }, unary, []);
    try {
      assert.equal(await trusting(http.port, FIRST), 200);
      assert.equal(await trusting(http.port, SECOND), 'DEPTH_ZERO_SELF_SIGNED_CERT');
      assert.equal(await trustingGrpc(grpc.port, FIRST), true);
      await assert.rejects(ask(http.port, '/live'));

      // The new certificate is there before its key.
      place.write(SECOND, FIRST_KEY);
      await until('the new certificate is told', () => told.length === 1);
      assert.match(told[0] ?? '', /key values mismatch/);
      assert.equal(await trusting(http.port, FIRST), 200);
      place.write(SECOND, SECOND_KEY);
      await until('the bad certificate is told', () => told.length === 2);
      assert.equal(told[1], undefined);
      assert.equal(await trusting(http.port, SECOND), 200);
      assert.equal(await trustingGrpc(grpc.port, SECOND), true);
      assert.equal(await trustingGrpc(grpc.port, FIRST), false);
    } finally {
      end();
      certificate.close();
      await Promise.all([http.close(0), grpc.close(0)]);
    }
  });
});

test('files that are no certificate and its key stop the start, and are named', async () => {
  await inFolder((place) => {
    const start = () => new CertificateFiles(place);
    assert.throws(start, { code: 'CERTIFICATE_INVALID', message: /tls\.crt and .*tls\.key cannot be used: ENOENT/ });
    place.write(FIRST, SECOND_KEY);
    assert.throws(start, /key values mismatch/);
    place.write('no PEM', FIRST_KEY);
    assert.throws(start, { remedy: /mount a Secret/ });
  });
});
