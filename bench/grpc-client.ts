// What does a gRPC call cost in our client, against @grpc/grpc-js in the same run? Both send raw bytes, so many calls in flight, to
// the same server (a child process, node:http2), in turn. Prints CPU time a call of this process, medians over the rounds, and the
// ratio.
//
//   node bench/grpc-client.ts [--calls 20000] [--in-flight 64] [--rounds 5]
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Client, credentials } from '@grpc/grpc-js';
import { createGrpcClient } from '../src/models/grpc/grpc-client.ts';
import { PROTOBUF_TYPE } from '../src/protocol/payload.ts';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '20000' },
    'in-flight': { type: 'string', default: '64' },
    rounds: { type: 'string', default: '5' },
  },
});
const CALLS = Number(values.calls);
const IN_FLIGHT = Number(values['in-flight']);
const ROUNDS = Number(values.rounds);
const PATH = '/tensorflow.serving.PredictionService/Predict';

interface Measured {
  readonly cpuUs: number;
  readonly perSecond: number;
}

async function measure(call: () => Promise<unknown>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let left = CALLS;
  const worker = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const used = process.cpuUsage(cpu);
  return { cpuUs: (used.user + used.system) / CALLS, perSecond: CALLS / ((performance.now() - begun) / 1000) };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

const child = spawn(process.execPath, [new URL('./stub-grpc-model.ts', import.meta.url).pathname], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const port = await new Promise<number>((resolve) => child.stdout.once('data', (line: Buffer) => resolve(Number(line))));

const ours = createGrpcClient({ protocol: 'tensorflow', timeoutMs: 60_000 });
const theirs = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
const endpoint = { host: '127.0.0.1', port };
const asIs = (bytes: Buffer) => bytes;

console.log(`${CALLS} calls, ${IN_FLIGHT} in flight, ${ROUNDS} rounds; CPU of the client a call, and calls/s`);
for (const size of [200, 12_500, 30_000]) {
  const body = Buffer.alloc(size, 7);
  const payload = {
    body,
    contentType: PROTOBUF_TYPE,
    contentEncoding: '',
    messageName: 'tensorflow.serving.PredictRequest',
  };
  const headers = ['Seldon-Puid', '6f0c2a0e-8f43-4f0f-9a43-0a4b0c7f9f11'];
  const clients = {
    millrace: () =>
      ours.call({ nodeName: 'm', endpoint, method: 'predict', modelName: 'm', payload, headers, signal: undefined }),
    'grpc-js': () =>
      new Promise((resolve, reject) => {
        const options = { deadline: Date.now() + 60_000 };
        theirs.makeUnaryRequest(PATH, asIs, asIs, body, options, (error, answer) =>
          error === null ? resolve(answer) : reject(error),
        );
      }),
  };
  const rounds: Record<keyof typeof clients, Measured[]> = { millrace: [], 'grpc-js': [] };
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of ['millrace', 'grpc-js'] as const) {
      const measured = await measure(clients[name]);
      // The first one warms up.
      if (round >= 0) rounds[name].push(measured);
    }
  }
  const cpu = (name: keyof typeof clients) => median(rounds[name].map((one) => one.cpuUs));
  const rate = (name: keyof typeof clients) => median(rounds[name].map((one) => one.perSecond));
  for (const name of ['millrace', 'grpc-js'] as const) {
    console.log(`${size} bytes  ${name.padEnd(9)} ${cpu(name).toFixed(1)} us  ${rate(name).toFixed(0)}/s`);
  }
  console.log(`${size} bytes  grpc-js / millrace: ${(cpu('grpc-js') / cpu('millrace')).toFixed(2)}`);
}
await ours.close();
theirs.close();
child.kill();
