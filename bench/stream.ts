// How much of what the parts can do does the stream keep? In one run, over the same topics, the same model stub and the same number
// of calls in flight, in turn:
//   loop      the client library's consumer and producer and undici's dispatch, in a loop: no order, no commits, no error records
//   millrace  the pipeline with its promises: order by key, commits below what is stored, bounded memory
//   once      the same with KAFKA_DELIVERY=exactly-once
//   batched   millrace with so many records in a model call (--batch)
// Prints records/s and CPU time a record of this process, medians over the rounds, and the ratios to the loop.
//
//   node bench/stream.ts [--records 50000] [--size 200] [--rounds 3] [--in-flight 64] [--batch 1]
import { parseArgs } from 'node:util';
import { Admin, Consumer, Producer, type MessageToProduce } from '@platformatic/kafka';
import { Pool } from 'undici';
import { startEmbeddedKafka } from '../src/dev/kafka/embedded-kafka.ts';
import { recordFinished } from '../src/stream/channels.ts';
import { millraceStream } from './millrace-stream.ts';
import { startStub } from './stub-process.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '50000' },
    size: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
    'in-flight': { type: 'string', default: '64' },
    batch: { type: 'string', default: '1' },
  },
});
const RECORDS = Number(values.records);
const SIZE = Number(values.size);
const IN_FLIGHT = Number(values['in-flight']);
const BATCH = Number(values.batch);
const PARTITIONS = 4;

interface Measured {
  readonly perSecond: number;
  readonly cpuUs: number;
}

async function measure(run: () => Promise<void>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await run();
  const used = process.cpuUsage(cpu);
  return {
    perSecond: RECORDS / ((performance.now() - begun) / 1000),
    cpuUs: (used.user + used.system) / RECORDS,
  };
}

const value = Buffer.from(JSON.stringify({ instances: [numbers()] }));

function numbers(): number[] {
  const row: number[] = [];
  for (let bytes = 20; bytes < SIZE; bytes += 8) row.push(Math.round(Math.random() * 1e5) / 1e5);
  return row;
}

async function load(bootstrap: string, topic: string): Promise<void> {
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: [bootstrap] });
  await admin.createTopics({ topics: [topic, `${topic}-out`, `${topic}-loop`], partitions: PARTITIONS, replicas: 1 });
  await admin.close();
  const producer = new Producer({ clientId: 'bench', bootstrapBrokers: [bootstrap] });
  const batch = Math.max(1, Math.floor(500_000 / SIZE));
  for (let at = 0; at < RECORDS; at += batch) {
    const messages: MessageToProduce[] = [];
    for (let i = at; i < Math.min(RECORDS, at + batch); i++) {
      messages.push({ topic, partition: i % PARTITIONS, key: Buffer.from(`key-${i % 5000}`), value });
    }
    await producer.send({ messages, acks: 1 });
  }
  await producer.close();
}

async function loop(bootstrap: string, topic: string, port: number, group: string): Promise<void> {
  const client = { clientId: 'bench', bootstrapBrokers: [bootstrap] };
  const consumer = new Consumer({ ...client, groupId: group, autocommit: false });
  const producer = new Producer(client);
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: IN_FLIGHT, pipelining: 1 });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', maxWaitTime: 100, highWaterMark: 4096 });
  let done = 0;
  let inFlight = 0;
  let buffered: MessageToProduce[] = [];
  const finished = Promise.withResolvers<void>();
  const sends = new Set<Promise<unknown>>();
  const flush = () => {
    if (buffered.length === 0) return;
    const messages = buffered;
    buffered = [];
    const sending = producer.send({ messages, acks: -1 });
    sends.add(sending);
    void sending.finally(() => sends.delete(sending));
  };
  const timer = setInterval(flush, 5);
  stream.on('data', (message) => {
    if (++inFlight >= IN_FLIGHT) stream.pause();
    const chunks: Buffer[] = [];
    pool.dispatch(
      {
        method: 'POST',
        path: '/v1/models/resnet32:predict',
        headers: ['content-type', 'application/json'],
        body: message.value,
      },
      {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd() {
          buffered.push({ topic: `${topic}-loop`, key: message.key, value: chunks[0] ?? Buffer.alloc(0) });
          if (buffered.length >= 100) flush();
          if (--inFlight < IN_FLIGHT) stream.resume();
          if (++done === RECORDS) finished.resolve();
        },
        onResponseError: (_controller, error) => finished.reject(error),
      },
    );
  });
  await finished.promise;
  clearInterval(timer);
  flush();
  await Promise.all(sends);
  await stream.close();
  await consumer.close(true);
  await producer.close();
  await pool.close();
}

type Contender = (bootstrap: string, topic: string, port: number, group: string) => Promise<void>;

const stream =
  (batch: number, delivery: string): Contender =>
  async (bootstrap, topic, port, group) => {
    const { pipeline, executor } = millraceStream(
      { bootstrap, input: topic, output: `${topic}-out`, port, group, batch },
      { KAFKA_DELIVERY: delivery, KAFKA_WORKERS: String(IN_FLIGHT) },
    );
    let done = 0;
    const finished = Promise.withResolvers<void>();
    const unsubscribe = recordFinished.subscribe(() => {
      if (++done === RECORDS) finished.resolve();
    });
    const running = pipeline.run();
    await Promise.race([finished.promise, running]);
    unsubscribe();
    await pipeline.close(10_000);
    await running;
    await executor.close();
  };

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;
}

const kafka = await startEmbeddedKafka({});
const stub = await startStub();
try {
  const topic = `bench-${process.pid}`;
  await load(kafka.bootstrap, topic);
  const contenders = new Map<string, Contender>([
    ['loop', loop],
    ['millrace', stream(1, 'at-least-once')],
    ['once', stream(1, 'exactly-once')],
    ...(BATCH > 1 ? [['batched', stream(BATCH, 'at-least-once')] as const] : []),
  ]);
  const results = new Map([...contenders.keys()].map((name) => [name, [] as Measured[]]));
  // The first round warms the compiler up and is not counted.
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [name, run] of contenders) {
      const measured = await measure(() => run(kafka.bootstrap, topic, stub.port, `${topic}-${name}-${round}`));
      if (round > 0) results.get(name)?.push(measured);
    }
  }
  console.log(
    `${RECORDS} records of ${value.length} bytes, ${IN_FLIGHT} in flight, medians of ${values.rounds} rounds`,
  );
  const medians = [...results].map(([name, rounds]) => ({
    name,
    rate: median(rounds.map((one) => one.perSecond)),
    cpu: median(rounds.map((one) => one.cpuUs)),
  }));
  const [base] = medians;
  for (const { name, rate, cpu } of medians) {
    console.log(
      `${name.padEnd(9)} ${rate.toFixed(0).padStart(7)} records/s  ${cpu.toFixed(1).padStart(6)} us CPU a record` +
        `  ${(rate / (base?.rate ?? NaN)).toFixed(2)} of the loop's rate, ${(cpu / (base?.cpu ?? NaN)).toFixed(2)} of its CPU time`,
    );
  }
} finally {
  stub.stop();
  await kafka.stop();
}
