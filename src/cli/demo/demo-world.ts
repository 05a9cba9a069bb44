import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { sleep } from '../../base/clock.ts';
import { problemsError } from '../../base/errors.ts';
import { readOptions } from '../../base/options.ts';
import { cleanBroker, demoNames, discardKafka, startDemoKafka, type DemoNames } from '../../dev/demo/demo-broker.ts';
import { startDeploymentChild, type ChildSetting, type DeploymentSpec } from '../../dev/demo/demo-children.ts';
import { startDemoNode } from '../../dev/demo/demo-node.ts';
import type { DemoPlan, PlacedNode } from '../../dev/demo/demo-plan.ts';
import type { MillraceChild, MillraceProgram } from '../../dev/demo/millrace-child.ts';
import { freePorts } from '../../dev/kafka/free-port.ts';
import { connectionOptions, type ConnectionOptions } from '../../kafka/options.ts';
import { parseBrokers, securitySettings } from '../../kafka/security/security.ts';
import type { PayloadLog } from '../../dev/demo/payload-log/logged-payload.ts';
import { startPayloadReceiver } from '../../dev/demo/payload-log/payload-receiver.ts';
import { openPayloadTopic } from '../../dev/demo/payload-log/payload-topic.ts';
import { placedDeployment } from '../../dev/demo/placed-deployment.ts';
import type { Screen } from './screen/screen.ts';

const READY_TIMEOUT_MS = 60_000;
const KEEP_LOOK_MS = 60_000;

/**
 * All that runs for a demo: a Kafka (or the use of one), the model servers, the deployment. Whatever has been started is ended
 * and removed by `close`, in the reverse order. A part that ends by itself aborts `failed`.
 */
export class DemoWorld {
  readonly plan: DemoPlan;
  readonly names: DemoNames;
  readonly nodes: readonly PlacedNode[];
  readonly httpPort: number;
  /** Of a document for requests. */
  readonly grpcPort: number;
  connection: ConnectionOptions;
  readonly #setting: ChildSetting;
  readonly #failed = new AbortController();
  readonly #closing = new AsyncDisposableStack();
  #deployment: MillraceChild | undefined;
  #payloadLog: PayloadLog | undefined;

  private constructor(setting: ChildSetting, broker: string, plan: DemoPlan, ports: readonly number[]) {
    const [httpPort = 0, grpcPort = 0, ...nodePorts] = ports;
    this.#setting = setting;
    this.plan = plan;
    this.names = demoNames(plan, setting.ownKafka);
    this.httpPort = httpPort;
    this.grpcPort = grpcPort;
    this.nodes = plan.nodes.map((node, index) => ({
      ...node,
      port: nodePorts[2 * index] ?? 0,
      grpcPort: plan.transport === 'grpc' || plan.server === 'rpc' ? nodePorts[2 * index + 1] : undefined,
    }));
    this.connection = connectionTo(broker, setting.ownKafka);
    this.#closing.defer(async () => rm(setting.directory, { recursive: true, force: true }));
  }

  /** @param broker of a Kafka to use; empty for one of our own */
  static async create(program: MillraceProgram, broker: string, plan: DemoPlan): Promise<DemoWorld> {
    if (broker !== '' && plan.server === 'kafka') {
      // What is wrong with them is said before anything is started.
      parseBrokers(broker);
      securitySettings(connectionTo(broker, false));
    }
    const ports = await freePorts(2 + 2 * plan.nodes.length);
    const directory = await mkdtemp(join(tmpdir(), 'millrace-demo-'));
    return new DemoWorld({ program, directory, ownKafka: broker === '' }, broker, plan, ports);
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

  /** Starts Kafka and the model servers, all at once. When one fails the others are given up, and its error is the demo's. */
  async startServers(screen: Screen, signal: AbortSignal): Promise<void> {
    const starts = [
      ...(this.plan.server === 'kafka' ? [this.#startKafka(screen, signal)] : []),
      ...this.nodes.map(async (node) => this.#startNode(node, screen, signal)),
    ];
    for (const start of starts) start.catch(this.fail);
    await Promise.allSettled(starts);
    signal.throwIfAborted();
  }

  /** Opens the place that payloads are logged to; undefined where none are. */
  async openPayloadLog(screen: Screen, signal: AbortSignal): Promise<PayloadLog | undefined> {
    const { payloadLog } = this.plan;
    if (payloadLog === undefined) return undefined;
    await screen.step('opening the payload log', async () => {
      this.#payloadLog =
        payloadLog === 'http'
          ? await startPayloadReceiver()
          : await openPayloadTopic(this.connection, this.names.payloadTopic, this.fail, signal);
      return `payloads are logged to ${this.#payloadLog.title}`;
    });
    this.defer(async () => this.#payloadLog?.close());
    return this.#payloadLog;
  }

  async startDeployment(screen: Screen, signal: AbortSignal): Promise<void> {
    await screen.step('starting the deployment', async () => {
      const { deployment, deploymentName, server } = this.plan;
      if (server === 'rpc') {
        const text = await readFile(deployment, 'utf8');
        await writeFile(this.#placedFile, placedDeployment(text, deployment, deploymentName, this.nodes));
      }
      const child = startDeploymentChild(this.#setting, this.deploymentSpec());
      this.#deployment = child;
      // In a Kafka of others it leaves its group before that is removed.
      this.defer(async () => (this.ownKafka ? child.kill() : void (await child.stop())));
      await child.ready(READY_TIMEOUT_MS, signal);
      child.onFailure(this.fail);
      const ports = server === 'rpc' ? `HTTP at 127.0.0.1:${this.httpPort}, gRPC at 127.0.0.1:${this.grpcPort}` : '';
      return `deployment ${relative('', deployment)} ready, ${ports || `probes at 127.0.0.1:${this.httpPort}`}`;
    });
  }

  /** A clean end finishes and commits what is in flight; an answer too many would be there by then. */
  async stopDeployment(screen: Screen): Promise<void> {
    screen.print('');
    await screen.step('stopping the deployment', async () => {
      const clean = (await this.#deployment?.stop()) ?? true;
      const good = this.plan.server === 'kafka' ? 'deployment stopped, its offsets committed' : 'deployment stopped';
      return clean ? good : 'deployment stopped, not in good order';
    });
  }

  /** How the deployment runs. */
  deploymentSpec(): DeploymentSpec {
    const { names, nodes, httpPort, grpcPort } = this;
    const plan = { ...this.plan, env: { ...this.plan.env, ...this.#payloadLog?.env } };
    const file = plan.server === 'rpc' ? this.#placedFile : plan.deployment;
    return { plan, file, broker: this.connection.broker, names, nodes, httpPort, grpcPort };
  }

  get #placedFile(): string {
    return join(this.#setting.directory, 'deployment.yaml');
  }

  /** Waits, with everything running, until Ctrl-C. @throws the error of a part that ends by itself meanwhile */
  async untilInterrupted(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await sleep(KEEP_LOOK_MS, signal);
    if (this.failed.aborted) throw this.failed.reason;
  }

  async close(): Promise<void> {
    await this.#closing.disposeAsync();
  }

  // Where none was given.
  async #startKafka(screen: Screen, signal: AbortSignal): Promise<void> {
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

  async #startNode(node: PlacedNode, screen: Screen, signal: AbortSignal): Promise<void> {
    await screen.step(`starting ${node.title}`, async () => {
      const defer = (end: () => Promise<void>) => this.defer(end);
      const server = await startDemoNode(this.#setting, node, defer, READY_TIMEOUT_MS, signal);
      server.onFailure(this.fail);
      return `${node.title} ready at 127.0.0.1:${node.grpcPort ?? node.port}`;
    });
  }
}

// An own Kafka is plain, whatever the shell says of others.
function connectionTo(broker: string, own: boolean): ConnectionOptions {
  const env = own ? { KAFKA_BROKER: broker } : { ...process.env, KAFKA_BROKER: broker };
  const { values, problems } = readOptions(connectionOptions, { env });
  if (problems.length > 0) throw problemsError('the Kafka settings cannot be used:', 'KAFKA_SETTINGS', problems);
  return values;
}
