// Node's side of KafkaWitness.java.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Sample, WitnessedRecord } from './evidence.ts';

export interface WitnessOptions {
  readonly java: string;
  /** With Kafka's client in it, as `java -cp` wants it. */
  readonly classPath: string;
  readonly bootstrap: string;
}

export interface ReadTopic {
  readonly records: readonly WitnessedRecord[];
  /** Partitions, `topic/partition`, with a transaction that nobody has ended. */
  readonly hanging: readonly string[];
}

const PROGRAM = fileURLToPath(new URL('./KafkaWitness.java', import.meta.url));
/** Small and soon ready. */
const JAVA_OPTIONS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xms32m', '-Xmx192m'];
/** A sample gives up by itself after some 45 s. */
const SAMPLE_LIMIT_MS = 120_000;

/** A Java process that reads topics and offsets with Kafka's own client. It ends with this process. */
export class Witness {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #bootstrap: string;
  #lines: string[] = [];
  #errors = '';
  #asked: PromiseWithResolvers<string[]> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #ended: Error | undefined;

  constructor(options: WitnessOptions) {
    this.#bootstrap = options.bootstrap;
    const args = [...JAVA_OPTIONS, '-cp', options.classPath, PROGRAM, options.bootstrap];
    // A group of its own: Ctrl-C is for us. The end of its standard input ends it.
    this.#child = spawn(options.java, args, { detached: true });
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('close', () => this.#fail(new Error(`the witness has ended: ${this.#errors.trim()}`)));
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#errors = (this.#errors + chunk.toString()).slice(-4_000)));
    createInterface(this.#child.stdout).on('line', (line) => this.#take(line));
  }

  get bootstrap(): string {
    return this.#bootstrap;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** What the group has committed for `input`, and then the ends of `topics`. Rejects while brokers are away. */
  async sample(group: string, input: string, topics: readonly string[]): Promise<Sample> {
    const lines = await this.#ask(`sample ${group} ${[input, ...topics].join(' ')}`, SAMPLE_LIMIT_MS);
    const committed = new Map<number, number>();
    const ends = new Map<string, number>();
    for (const words of lines.map((line) => line.split(' '))) {
      if (words[0] === 'committed') committed.set(Number(words[1]), Number(words[2]));
      else ends.set(`${words[1]}/${words[2]}`, Number(words[3]));
    }
    return { atMs: Date.now(), committed, ends };
  }

  /** All that a reader of committed transactions sees. Waits for open transactions, no longer than the limit. */
  async read(topic: string, limitMs: number): Promise<ReadTopic> {
    const lines = await this.#ask(`read ${limitMs} ${topic}`, limitMs + SAMPLE_LIMIT_MS);
    const records: WitnessedRecord[] = [];
    const hanging: string[] = [];
    for (const line of lines) {
      if (line.startsWith('record ')) records.push(parseRecord(topic, line));
      else hanging.push(`${topic}/${line.split(' ')[1]}`);
    }
    return { records, hanging };
  }

  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await closed;
  }

  // One question at a time.
  async #ask(command: string, limitMs: number): Promise<readonly string[]> {
    const answer = this.#turn.then(async () => this.#askNow(command, limitMs));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #askNow(command: string, limitMs: number): Promise<readonly string[]> {
    if (this.#ended !== undefined) throw this.#ended;
    const asked = (this.#asked = Promise.withResolvers<string[]>());
    const limit = setTimeout(() => {
      this.#fail(new Error(`the witness has not answered '${command}' within ${limitMs} ms`));
      this.#child.kill('SIGKILL');
    }, limitMs);
    this.#child.stdin.write(`${command}\n`);
    try {
      return await asked.promise;
    } finally {
      clearTimeout(limit);
      this.#asked = undefined;
    }
  }

  #take(line: string): void {
    if (line !== 'END' && !line.startsWith('FAILED ')) {
      this.#lines.push(line);
      return;
    }
    const lines = this.#lines;
    this.#lines = [];
    if (line === 'END') this.#asked?.resolve(lines);
    else this.#asked?.reject(new Error(line.slice('FAILED '.length)));
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    this.#asked?.reject(error);
  }
}

function parseRecord(topic: string, line: string): WitnessedRecord {
  const [, partition, offset, timestamp, key = '-', value = '-', headers = ''] = line.split(' ');
  return {
    topic,
    partition: Number(partition),
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key: bytesOf(key),
    value: bytesOf(value),
    headers: headers
      .split(',')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const [name = '', text = '-'] = pair.split(':');
        return [String(bytesOf(name) ?? ''), String(bytesOf(text) ?? '')] as const;
      }),
  };
}

function bytesOf(text: string): Buffer | null {
  return text.startsWith('!') ? Buffer.from(text.slice(1), 'base64') : null;
}
