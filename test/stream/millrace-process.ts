// `millrace run` as a process of its own, for what only a process can show: being killed, ending with a code, its memory.
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface MillraceOptions {
  readonly bootstrap: string;
  readonly input: string;
  readonly output: string;
  /** Of the only node's model server, where no graph is given. */
  readonly modelPort?: number;
  /** What stands in the document after `graph:`, in one line; by default one model of the seldon protocol. */
  readonly graph?: string;
  /** `protocol` and `transport` of the document. */
  readonly protocol?: string;
  readonly transport?: string;
  /** More of the command line. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of the process itself, beside what this one has. */
  readonly processEnv?: Readonly<Record<string, string>>;
  readonly gracefulTimeout?: string;
  /** It is killed when it lives for longer. Default five minutes. */
  readonly limitMs?: number;
}

const LIMIT_MS = 300_000;
const PROBE_LIMIT_MS = 60_000;

export class MillraceProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | string | null>;
  #log = '';
  #port = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, 'close').then(([code, signal]) => (code as number | null) ?? (signal as string | null));
  }

  /** Starts it and waits until its probes listen. */
  static async start(options: MillraceOptions): Promise<MillraceProcess> {
    const variables = {
      KAFKA_BROKER: options.bootstrap,
      KAFKA_INPUT_TOPIC: options.input,
      KAFKA_OUTPUT_TOPIC: options.output,
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      KAFKA_GROUP_PROTOCOL: process.env['MILLRACE_TEST_GROUP_PROTOCOL'] ?? 'classic',
      ...options.env,
    };
    const grace = options.gracefulTimeout ?? '15s';
    const args = [
      'run',
      '-',
      '--http-port',
      '0',
      '--graceful-timeout',
      grace,
      '--log-level',
      'INFO',
      ...(options.flags ?? []),
    ];
    for (const [name, value] of Object.entries(variables)) args.push('--env', `${name}=${value}`);
    const child = spawn('bin/millrace', args, {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...process.env, ...options.processEnv },
      timeout: options.limitMs ?? LIMIT_MS,
    });
    const millrace = new MillraceProcess(child);
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('close', () => process.off('exit', kill));
    child.stdin.end(document(options));
    millrace.#port = await new Promise<number>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        millrace.#log += chunk.toString();
        const found = /"port":(\d+)/.exec(millrace.#log);
        if (found) resolve(Number(found[1]));
      });
      child.on('close', () => reject(new Error(`it ended: ${millrace.#log}`)));
    });
    return millrace;
  }

  get log(): string {
    return this.#log;
  }

  /** Resolves when it has ended, with its exit code or the name of the signal. */
  get exited(): Promise<number | string | null> {
    return this.#exited;
  }

  /** Status of a probe, 200 or 503. */
  async probe(path: '/live' | '/ready'): Promise<number> {
    return (await this.ask(path)).status;
  }

  /** An answer of its HTTP server. */
  async ask(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#port}${path}`, { signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
  }

  /** Sends a signal that does not end it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** Resolves with the exit code, or the name of the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    this.#child.kill(signal);
    return this.#exited;
  }

  /** Resident memory, in bytes. */
  get memoryBytes(): number {
    const kilobytes = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(this.#child.pid)], { encoding: 'utf8' }));
    assert.ok(kilobytes > 0);
    return kilobytes * 1024;
  }
}

/** The group that it joins. */
export function groupOf(input: string): string {
  return `model.${input}.tests`;
}

function document(options: MillraceOptions): string {
  const { input, modelPort, protocol = 'seldon', transport = 'rest' } = options;
  const graph = options.graph ?? `{name: classifier, type: MODEL, endpoint: {service_port: ${modelPort}}}`;
  return `
apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: {name: ${input}, namespace: tests}
spec:
  serverType: kafka
  protocol: ${protocol}
  transport: ${transport}
  predictors:
  - name: model
    graph: ${graph}
`;
}
