import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/dev/kafka/free-port.ts';
import { startPeer, type PeerProcess } from './peer-process.ts';

const START_LIMIT_MS = 240_000;
const TRAIN_LIMIT_MS = 240_000;

/** A request, and what scikit-learn itself says of it. */
export interface DigitsRecord {
  readonly id: string;
  /** JSON. */
  readonly rest: string;
  /** ModelInferRequest, base64. */
  readonly grpc: string;
  readonly labels: readonly number[];
  /** Of the ten digits, row by row. */
  readonly probabilities: readonly number[];
}

/** Trains the model into a folder; returns requests for it. */
export async function trainDigits(python: string, folder: string): Promise<readonly DigitsRecord[]> {
  const script = fileURLToPath(new URL('mlserver/train.py', import.meta.url));
  await promisify(execFile)(python, [script], { cwd: folder, timeout: TRAIN_LIMIT_MS });
  const lines = await readFile(join(folder, 'records.jsonl'), 'utf8');
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DigitsRecord);
}

/** MLServer with the model of a folder, `digits`. It can be stopped and started again on its ports. */
export class Mlserver {
  readonly restPort: number;
  readonly grpcPort: number;
  readonly #metricsPort: number;
  readonly #python: string;
  readonly #folder: string;
  #process: PeerProcess | undefined;

  private constructor(python: string, folder: string, ports: readonly [number, number, number]) {
    this.#python = python;
    this.#folder = folder;
    [this.restPort, this.grpcPort, this.#metricsPort] = ports;
  }

  /** Chooses its ports, and does not start it yet. */
  static async create(python: string, folder: string): Promise<Mlserver> {
    return new Mlserver(python, folder, [await freePort(), await freePort(), await freePort()]);
  }

  /** Starts it and waits until its model is loaded. */
  async start(): Promise<void> {
    this.#process = startPeer({
      python: this.#python,
      // What its program `mlserver` does; programs of the environment name another place.
      args: ['-c', 'from mlserver.cli import main; main()', 'start', '.'],
      cwd: this.#folder,
      logFile: join(this.#folder, 'mlserver.log'),
      env: {
        MLSERVER_HOST: '127.0.0.1',
        MLSERVER_HTTP_PORT: String(this.restPort),
        MLSERVER_GRPC_PORT: String(this.grpcPort),
        MLSERVER_METRICS_PORT: String(this.#metricsPort),
        // In this very process: there is one small model.
        MLSERVER_PARALLEL_WORKERS: '0',
        MLSERVER_DEBUG: 'false',
        OMP_NUM_THREADS: '1',
        OPENBLAS_NUM_THREADS: '1',
      },
    });
    await this.#process.answers(`http://127.0.0.1:${this.restPort}/v2/models/digits/ready`, START_LIMIT_MS);
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }
}
