import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Link } from './link.ts';
import { Replica } from './replica.ts';

export interface ReplicaSetOptions {
  /** For documents and logs. */
  readonly folder: string;
  /** Of the document; with the predictor and the namespace it names the group. */
  readonly deployment: string;
  readonly modelPort: number;
  readonly links: readonly Link[];
  readonly env: Readonly<Record<string, string>>;
  /** Give each a KAFKA_GROUP_INSTANCE_ID: the lowest number that nobody has, as a StatefulSet does. */
  readonly named: boolean;
}

/** The executors of one deployment. Who ends without having been asked is noted and replaced, as a pod is. */
export class ReplicaSet {
  readonly group: string;
  /** What executors did that they should not. */
  readonly complaints: string[] = [];
  readonly #options: ReplicaSetOptions;
  readonly #documentFile: string;
  readonly #replicas: Replica[] = [];
  #started = 0;
  #stopped = false;

  constructor(options: ReplicaSetOptions) {
    this.#options = options;
    this.group = `model.${options.deployment}.chaos`;
    this.#documentFile = join(options.folder, 'deployment.yaml');
    writeFileSync(this.#documentFile, documentOf(options.deployment, options.modelPort));
  }

  get alive(): readonly Replica[] {
    return this.#replicas.filter((replica) => replica.alive);
  }

  start(count = 1): void {
    for (let left = count; left > 0 && !this.#stopped; left--) this.#start();
  }

  #start(): void {
    const { folder, links } = this.#options;
    const seat = this.#freeSeat();
    const name = `executor-${++this.#started}`;
    const link = links[this.#started % links.length];
    if (link === undefined) throw new Error('no link to the brokers');
    const env = { ...this.#options.env, ...(this.#options.named && { KAFKA_GROUP_INSTANCE_ID: `seat-${seat}` }) };
    const options = { name, link, env, seat, documentFile: this.#documentFile, logFile: join(folder, `${name}.log`) };
    const replica = new Replica(options, (ended, how) => {
      this.complaints.push(`${ended.name} ended by itself: ${how}`);
      if (this.#started < 50) this.start();
    });
    this.#replicas.push(replica);
  }

  // One that is asked to end has its seat until it has ended.
  #freeSeat(): number {
    const taken = new Set(this.#replicas.filter((replica) => !replica.gone).map(({ seat }) => seat));
    for (let seat = 0; ; seat++) if (!taken.has(seat)) return seat;
  }

  /** Whether all that are alive say so. */
  async ready(): Promise<boolean> {
    return (await Promise.all(this.alive.map(async (replica) => replica.ready()))).every((ready) => ready);
  }

  /** Asks it to end, as a scale-down does, and notes if it ends badly. */
  async term(replica: Replica): Promise<void> {
    const wrong = await replica.term();
    if (wrong !== undefined) this.complaints.push(`${replica.name} ${wrong}`);
  }

  /** Asks all to end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(
      this.alive.map(async (replica) => {
        replica.thaw();
        await this.term(replica);
      }),
    );
  }

  async kill(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#replicas.map(async (replica) => replica.kill()));
  }
}

function documentOf(deployment: string, modelPort: number): string {
  return `
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: ${deployment}, namespace: chaos}
spec:
  serverType: kafka
  protocol: seldon
  transport: rest
  predictors:
  - name: model
    graph: {name: classifier, type: MODEL, endpoint: {service_port: ${modelPort}}}
`;
}
