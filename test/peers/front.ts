import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const LIMIT_MS = 240_000;

export interface FrontOptions {
  readonly protocol: 'seldon' | 'tensorflow' | 'v2';
  /** The predictor's graph. */
  readonly graph: object;
}

/** `millrace executor --server_type rpc`: a graph behind HTTP and gRPC, without Kafka. */
export interface Front {
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Resolves with the exit code. */
  end(): Promise<number | null>;
}

/** Starts it as Seldon's operator does, and waits until it listens. */
export async function startFront({ protocol, graph }: FrontOptions): Promise<Front> {
  const flags = `--sdep peers --namespace tests --predictor p --http_port 0 --grpc_port 0 --server_type rpc --protocol ${protocol}`;
  const predictor = Buffer.from(JSON.stringify({ name: 'p', graph })).toString('base64');
  const child = spawn('bin/millrace', ['executor', ...flags.split(' '), '--transport', 'grpc'], {
    env: { ...process.env, ENGINE_PREDICTOR: predictor },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const printed = text(child.stdout);
  let log = '';
  const portOf = (message: string) => {
    const line = log.split('\n').find((one) => one.includes(message));
    return line === undefined ? undefined : Number(/"port":(\d+)/.exec(line)?.[1]);
  };
  const ports = await new Promise<readonly [number, number]>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      const [http, grpc] = [portOf('HTTP server listens'), portOf('gRPC server listens')];
      if (http !== undefined && grpc !== undefined) resolve([http, grpc]);
    });
    child.on('close', () => void printed.then((out) => reject(new Error(`it ended: ${out}${log}`))));
  });
  return {
    httpPort: ports[0],
    grpcPort: ports[1],
    async end() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}
