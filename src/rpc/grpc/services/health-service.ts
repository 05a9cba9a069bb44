import { create, toBinary } from '@bufbuild/protobuf';
import { status, type ServerWritableStream } from '@grpc/grpc-js';
import { sleep } from '../../../base/clock.ts';
import {
  HealthCheckResponse_ServingStatus as Serving,
  HealthCheckResponseSchema,
} from '../../../protocol/gen/grpc/health/health_pb.ts';
import type { Readiness } from '../../readiness.ts';
import { StatusError } from '../status-error.ts';
import type { StreamMethod } from '../stream-method.ts';
import type { UnaryMethod } from '../unary-method.ts';
import { stringAt } from './graph-methods.ts';

/** How often a watched status is looked at. */
const WATCH_MS = 2_000;

/**
 * `grpc.health.v1.Health`, for Kubernetes' gRPC probes and for load balancers: the server as a whole (no name) and each of its services
 * serve when the executor is ready.
 */
export function healthService(
  services: readonly string[],
  readiness: () => Promise<Readiness>,
): { readonly unary: readonly UnaryMethod[]; readonly streams: readonly StreamMethod[] } {
  const known = new Set(['', ...services]);
  const serving = async () => ((await readiness()).ready ? Serving.SERVING : Serving.NOT_SERVING);
  return {
    unary: [
      {
        path: '/grpc.health.v1.Health/Check',
        isMeasured: false,
        async answer({ body }) {
          const service = stringAt(body, 1);
          if (!known.has(service)) throw new StatusError('NOT_FOUND', `no service '${service.slice(0, 100)}'`);
          return encoded(await serving());
        },
      },
    ],
    streams: [
      {
        path: '/grpc.health.v1.Health/Watch',
        type: 'serverStream',
        handler(call) {
          const isKnown = known.has(stringAt(call.request, 1));
          watch(call, isKnown ? serving : async () => Serving.SERVICE_UNKNOWN).catch(() => {
            call.emit('error', { code: status.UNKNOWN, details: 'the status cannot be told' });
          });
        },
      },
    ],
  };
}

/** Sends the status, and again when it changes, until the client has heard enough. */
async function watch(call: ServerWritableStream<Buffer, Buffer>, look: () => Promise<Serving>): Promise<void> {
  const gone = new AbortController();
  call.on('cancelled', () => gone.abort());
  // The server ends, and the stream with it.
  call.on('finish', () => gone.abort());
  let told: Serving | undefined;
  while (!gone.signal.aborted && !call.cancelled) {
    const now = await look();
    if (call.cancelled || call.writableEnded) return;
    if (now !== told) call.write(encoded(now));
    told = now;
    await sleep(WATCH_MS, gone.signal);
  }
}

function encoded(serving: Serving): Buffer {
  return Buffer.from(toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status: serving })));
}
