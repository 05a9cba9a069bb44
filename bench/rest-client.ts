// What our HTTP client and a single-model graph cost on top of bare undici dispatch: CPU of this process per call, the server in
// another process, all three in turns in the same run. About 15 seconds:
//
//   node bench/rest-client.ts [bytes of a body] [calls in flight]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool, type Dispatcher } from 'undici';
import { compileGraph } from '../src/graph/compile.ts';
import { createExecutor } from '../src/graph/execute.ts';
import type { NodeEndpoint } from '../src/graph/model-client.ts';
import { createRestClient } from '../src/models/rest/rest-client.ts';

const ROUNDS = 9;
const ROUND_MS = 500;

function serve(): void {
  const answer = Buffer.from('{"predictions":[[0.1,0.2,0.3,0.4,0.5]]}');
  const server = createServer((request, response) => {
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
      response.end(answer);
    });
    request.resume();
  });
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
}

class BareHandler implements Dispatcher.DispatchHandler {
  readonly #resolve: () => void;
  readonly #reject: (error: Error) => void;

  constructor(resolve: () => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(): void {}
  onResponseStart(): void {}
  onResponseData(): void {}

  onResponseEnd(): void {
    this.#resolve();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#reject(error);
  }
}

async function measure(bodyBytes: number, inFlight: number): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, 'server'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const endpoint: NodeEndpoint = { host: '127.0.0.1', port: Number(line.toString()) };
    const contenders = await prepare(endpoint, bodyBytes, inFlight);
    const microseconds = contenders.map((): number[] => []);
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [index, { call }] of contenders.entries()) {
        const cost = await costOf(call, inFlight);
        // The first round warms up.
        if (round > 0) microseconds[index]?.push(cost);
      }
    }
    const medians = microseconds.map((list) => list.sort((a, b) => a - b)[ROUNDS >> 1] ?? NaN);
    console.log(`${bodyBytes} bytes a request, ${inFlight} in flight; CPU of the client, medians of ${ROUNDS} rounds`);
    contenders.forEach(({ name }, index) => {
      const median = medians[index] ?? NaN;
      console.log(
        `${name.padEnd(24)} ${median.toFixed(1).padStart(6)} us a call, ${(median / (medians[0] ?? NaN)).toFixed(2)} times bare`,
      );
    });
    await Promise.all(contenders.map(({ close }) => close()));
  } finally {
    child.kill();
  }
}

async function prepare(endpoint: NodeEndpoint, bodyBytes: number, inFlight: number) {
  const body = Buffer.from(`{"instances":[[${'1.25,'.repeat(Math.max(0, Math.ceil((bodyBytes - 18) / 5)))}1]]}`);
  const payload = { body, contentType: 'application/json', contentEncoding: '' };
  const options = { protocol: 'tensorflow', timeoutMs: 10_000, maxConnectionsPerNode: inFlight } as const;
  const path = '/v1/models/m:predict';
  const pool = new Pool(`http://${endpoint.host}:${endpoint.port}`, {
    connections: inFlight,
    pipelining: 1,
    allowH2: false,
  });
  const client = createRestClient(options);
  const unit = { name: 'm', type: 'MODEL', endpoint: { service_host: endpoint.host, httpPort: endpoint.port } };
  const graph = compileGraph({ name: 'p', graph: unit }, { protocol: 'tensorflow', transport: 'rest' });
  const executor = createExecutor(graph, createRestClient(options));
  const signal = new AbortController().signal;
  return [
    {
      name: 'undici dispatch, bare',
      call: () =>
        new Promise<void>((resolve, reject) => {
          const headers = ['content-type', 'application/json', 'Seldon-Puid', 'p'];
          pool.dispatch({ method: 'POST', path, headers, body }, new BareHandler(resolve, reject));
        }),
      close: () => pool.close(),
    },
    {
      name: 'our client',
      call: () =>
        client.call({
          nodeName: 'm',
          endpoint,
          method: 'predict',
          modelName: 'm',
          payload,
          headers: ['Seldon-Puid', 'p'],
        }),
      close: () => client.close(),
    },
    {
      name: 'single-model graph',
      call: () => executor.execute({ payload, headers: [], puid: 'p' }),
      close: () => executor.close(),
    },
    {
      name: 'the same with a signal',
      call: () => executor.execute({ payload, headers: [], puid: 'p', signal }),
      close: () => Promise.resolve(),
    },
  ];
}

/** CPU microseconds of this process for one call, with so many in flight for half a second. */
async function costOf(call: () => Promise<unknown>, inFlight: number): Promise<number> {
  const until = performance.now() + ROUND_MS;
  const before = process.cpuUsage();
  let calls = 0;
  const worker = async () => {
    while (performance.now() < until) {
      await call();
      calls++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const used = process.cpuUsage(before);
  return (used.user + used.system) / calls;
}

if (process.argv[2] === 'server') serve();
else await measure(Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 64));
