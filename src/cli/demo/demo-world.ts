import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { problemsError } from '../../base/errors.ts';
import { readOptions } from '../../base/options.ts';
import { cleanBroker, demoNames, discardKafka, startDemoKafka, type DemoNames } from '../../dev/demo/demo-broker.ts';
import {
  startDeploymentChild,
  startModelServerChild,
  type ChildSetting,
  type DeploymentSpec,
} from '../../dev/demo/demo-children.ts';
import type { MillraceChild, MillraceProgram } from '../../dev/demo/millrace-child.ts';
import { freePort } from '../../dev/kafka/free-port.ts';
import { connectionOptions, type ConnectionOptions } from '../../kafka/options.ts';
import { parseBrokers, securitySettings } from '../../kafka/security.ts';
import type { Screen } from './screen/screen.ts';

const READY_TIMEOUT_MS = 60_000;

/**
 * All that runs for a demo: a Kafka (or the use of one), the model server, the deployment. Whatever has been started is ended
 * and removed by `close`, in the reverse order. A part that ends by itself aborts `failed`.
 */
export class DemoWorld {
  readonly names: DemoNames;
  readonly workers: number;
  readonly modelPort: number;
  readonly httpPort: number;
  connection: ConnectionOptions;
  deployment: MillraceChild | undefined;
  readonly #setting: ChildSetting;
  readonly #failed = new AbortController();
  readonly #closing = new AsyncDisposableStack();

  private constructor(setting: ChildSetting, broker: string, workers: number, ports: readonly [number, number]) {
    this.#setting = setting;
    this.names = demoNames(setting.ownKafka);
    this.workers = workers;
    [this.modelPort, this.httpPort] = ports;
    this.connection = connectionTo(broker, setting.ownKafka);
    this.#closing.defer(async () => rm(setting.directory, { recursive: true, force: true }));
  }

  /** @param broker of a Kafka to use; empty for one of our own */
  static async create(program: MillraceProgram, broker: string, workers: number): Promise<DemoWorld> {
    if (broker !== '') {
      // What is wrong with them is said before anything is started.
      parseBrokers(broker);
      securitySettings(connectionTo(broker, false));
    }
    const ports = [await freePort(), await freePort()] as const;
    const directory = await mkdtemp(join(tmpdir(), 'millrace-demo-'));
    return new DemoWorld({ program, directory, ownKafka: broker === '' }, broker, workers, ports);
  }

  /** Aborted, with the error to report, when something that must run has ended. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  get ownKafka(): boolean {
    return this.#setting.ownKafka;
  }

  readonly fail = (error: unknown): void => this.#failed.abort(error);

  /** Remembers what has to be ended. */
  defer(close: () => Promise<void>): void {
    this.#closing.defer(close);
  }

  /** Starts a Kafka, where none was given. */
  async startKafka(screen: Screen, signal: AbortSignal): Promise<void> {
    if (!this.ownKafka) {
      this.defer(async () => cleanBroker(this.connection, this.names));
      return;
    }
    await screen.step('starting Kafka', async (tell) => {
      const kafka = await startDemoKafka(tell, signal);
      this.defer(async () => discardKafka(kafka));
      void kafka.exited().then(async () => this.fail(await kafka.failure()));
      this.connection = connectionTo(kafka.bootstrap, true);
      return `Kafka ${kafka.version} ready at ${kafka.bootstrap}`;
    });
  }

  async startModelServer(screen: Screen, signal: AbortSignal): Promise<void> {
    await screen.step('starting the model server', async () => {
      const child = startModelServerChild(this.#setting, this.modelPort, this.workers);
      this.defer(async () => child.kill());
      await child.ready(READY_TIMEOUT_MS, signal);
      child.onFailure(this.fail);
      return `model server with examples/cifar10/resnet32.onnx ready at 127.0.0.1:${this.modelPort}`;
    });
  }

  async startDeployment(screen: Screen, signal: AbortSignal): Promise<void> {
    await screen.step('starting the deployment', async () => {
      const child = startDeploymentChild(this.#setting, this.deploymentSpec());
      this.deployment = child;
      // In a Kafka of others it leaves its group before that is removed.
      this.defer(async () => (this.ownKafka ? child.kill() : void (await child.stop())));
      await child.ready(READY_TIMEOUT_MS, signal);
      child.onFailure(this.fail);
      return `deployment examples/cifar10/deployment.yaml ready, probes at 127.0.0.1:${this.httpPort}`;
    });
  }

  /** How the deployment runs. */
  deploymentSpec(): DeploymentSpec {
    const { names, modelPort, httpPort, workers } = this;
    return { broker: this.connection.broker, names, modelPort, httpPort, workers };
  }

  async close(): Promise<void> {
    await this.#closing.disposeAsync();
  }
}

// An own Kafka is plain, whatever the shell says of others.
function connectionTo(broker: string, own: boolean): ConnectionOptions {
  const env = own ? { KAFKA_BROKER: broker } : { ...process.env, KAFKA_BROKER: broker };
  const { values, problems } = readOptions(connectionOptions, { env });
  if (problems.length > 0) throw problemsError('the Kafka settings cannot be used:', 'KAFKA_SETTINGS', problems);
  return values;
}
