import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/dev/kafka/free-port.ts';
import { startPeer, type PeerProcess } from './peer-process.ts';

const START_LIMIT_MS = 240_000;

export interface SeldonUnitOptions {
  readonly python: string;
  /** A class of units.py. */
  readonly className: 'Scale' | 'Pick' | 'Line' | 'Square' | 'Mean';
  readonly name: string;
  /** Arguments of its constructor, numbers all. */
  readonly parameters?: Readonly<Record<string, number>>;
  readonly logFolder: string;
}

/** A unit behind the Python wrapper of Seldon Core 1, which serves it over REST and gRPC. */
export class SeldonUnit {
  readonly restPort: number;
  readonly grpcPort: number;
  readonly metricsPort: number;
  readonly #options: SeldonUnitOptions;
  #process: PeerProcess | undefined;

  private constructor(options: SeldonUnitOptions, ports: readonly [number, number, number]) {
    this.#options = options;
    [this.restPort, this.grpcPort, this.metricsPort] = ports;
  }

  static async create(options: SeldonUnitOptions): Promise<SeldonUnit> {
    return new SeldonUnit(options, [await freePort(), await freePort(), await freePort()]);
  }

  /** Starts it and waits until it answers. */
  async start(): Promise<void> {
    const { python, className, name, parameters = {}, logFolder } = this.#options;
    const given = Object.entries(parameters).map(([key, value]) => ({ name: key, value: `${value}`, type: 'FLOAT' }));
    this.#process = startPeer({
      python,
      args: ['-m', 'seldon_core.microservice', `units.${className}`, '--parameters', JSON.stringify(given)],
      cwd: fileURLToPath(new URL('seldon/', import.meta.url)),
      logFile: join(logFolder, `${name}.log`),
      // What Seldon's operator sets.
      env: {
        PREDICTIVE_UNIT_ID: name,
        PREDICTIVE_UNIT_IMAGE: `${className.toLowerCase()}:1`,
        PREDICTIVE_UNIT_HTTP_SERVICE_PORT: String(this.restPort),
        PREDICTIVE_UNIT_GRPC_SERVICE_PORT: String(this.grpcPort),
        PREDICTIVE_UNIT_METRICS_SERVICE_PORT: String(this.metricsPort),
        GUNICORN_WORKERS: '1',
        GRPC_WORKERS: '1',
      },
    });
    await this.#process.answers(`http://127.0.0.1:${this.restPort}/health/ping`, START_LIMIT_MS);
  }

  /** At once: asked to, it would wait for its own gRPC server for ever. */
  async stop(): Promise<void> {
    await this.#process?.stop(0);
    this.#process = undefined;
  }
}
