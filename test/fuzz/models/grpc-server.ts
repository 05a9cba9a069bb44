import { constants, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GrpcPlan } from './grpc-plan.ts';

const PREFIX_BYTES = 5;

/** A model over gRPC that does what the plan says, also what no gRPC library would. */
export function grpcServer(planOf: (body: Buffer) => GrpcPlan): Http2Server {
  const server = createServer({ maxSessionMemory: Number.MAX_SAFE_INTEGER });
  server.on('session', (session) => session.on('error', () => undefined));
  server.on('stream', (stream) => {
    const chunks: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const plan = planOf(Buffer.concat(chunks).subarray(PREFIX_BYTES));
      void answer(stream, plan).catch(() => stream.close());
    });
  });
  return server;
}

async function answer(stream: ServerHttp2Stream, plan: GrpcPlan): Promise<void> {
  if (plan.delayMs > 0) await sleep(plan.delayMs);
  if (plan.way === 'never' || stream.destroyed) return;
  if (plan.way === 'session lost') return stream.session?.destroy();
  if (plan.way === 'reset') return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  const withTrailers = plan.way !== 'without trailers';
  stream.respond({ ':status': plan.httpStatus, ...plan.headers }, { waitForTrailers: withTrailers });
  if (withTrailers) stream.once('wantTrailers', () => stream.sendTrailers({ ...plan.trailers }));
  if (plan.way === 'in pieces') {
    for (const at of [0, 1, 2, 3, 4, 5, 6]) {
      stream.write(plan.bytes.subarray(at, at + 1));
      await sleep(1);
    }
    stream.end(plan.bytes.subarray(7));
  } else stream.end(plan.bytes);
}
