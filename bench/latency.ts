// How long does a record take from its producer to a reader of its result, in both delivery modes? In one run, in turn: a producer at a
// fixed rate, Millrace over a stub model, and a consumer of committed records. The time of a record is from just before it is produced
// to the moment the consumer has its result. Prints p50 and p99, and the ratios of exactly-once to at-least-once.
//
//   node bench/latency.ts [--rate 200] [--seconds 20] [--rounds 3] [--interval 100]
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Admin, Consumer, FetchIsolationLevels, Producer } from '@platformatic/kafka';
import { startEmbeddedKafka } from '../src/dev/kafka/embedded-kafka.ts';
import { millraceStream } from './millrace-stream.ts';
import { startStub } from './stub-process.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    interval: { type: 'string', default: '100' },
  },
});
const RATE = Number(values.rate);
const SECONDS = Number(values.seconds);
const ROUNDS = Number(values.rounds);
const PARTITIONS = 4;
const WARM_UP_S = 5;
const TICK_MS = 5;
const SENT = Buffer.from('bench-sent');
const VALUE = Buffer.from(JSON.stringify({ instances: [[0.1, 0.2, 0.3, 0.4]] }));

/** Latencies of the records of one round, in milliseconds. */
async function round(bootstrap: string, port: number, delivery: string, name: string): Promise<readonly number[]> {
  const input = `latency-${name}`;
  const output = `${input}-out`;
  const client = { clientId: 'bench', bootstrapBrokers: [bootstrap] };
  const admin = new Admin(client);
  await admin.createTopics({ topics: [input, output], partitions: PARTITIONS, replicas: 1 });
  await admin.close();
  const { pipeline, executor } = millraceStream(
    { bootstrap, input, output, port, group: input },
    { KAFKA_DELIVERY: delivery, KAFKA_TRANSACTION_INTERVAL_MS: values.interval },
  );
  const running = pipeline.run();
  const consumer = new Consumer({ ...client, groupId: `${input}-reader`, autocommit: false });
  const isolationLevel = FetchIsolationLevels.READ_COMMITTED;
  const stream = await consumer.consume({ topics: [output], mode: 'earliest', maxWaitTime: 500, isolationLevel });
  const latencies: number[] = [];
  let seen = 0;
  let measureFrom = Infinity;
  stream.on('data', ({ headers }) => {
    seen++;
    const sent = Number(headers.get(SENT) ?? [...headers].find(([key]) => SENT.equals(key))?.[1]);
    if (sent >= measureFrom) latencies.push(performance.now() - sent);
  });
  const producer = new Producer(client);
  const begun = performance.now();
  measureFrom = begun + WARM_UP_S * 1_000;
  let made = 0;
  while (performance.now() - begun < (WARM_UP_S + SECONDS) * 1_000) {
    const due = Math.floor(((performance.now() - begun) / 1_000) * RATE);
    const messages = Array.from({ length: due - made }, (_, at) => ({
      topic: input,
      partition: (made + at) % PARTITIONS,
      key: Buffer.from(`key-${(made + at) % 5000}`),
      value: VALUE,
      headers: new Map([[SENT, Buffer.from(String(performance.now()))]]),
    }));
    made = due;
    // The next records do not wait for the answer.
    if (messages.length > 0) void producer.send({ messages, acks: -1 });
    await sleep(TICK_MS);
  }
  for (const limit = performance.now() + 10_000; seen < made && performance.now() < limit;) await sleep(20);
  // A request that the producer repeats may store its records twice.
  if (seen < made) throw new Error(`${delivery}: ${made} records sent, ${seen} results seen`);
  await pipeline.close(10_000);
  await running;
  await executor.close();
  await stream.close();
  await consumer.close(true);
  await producer.close();
  return latencies;
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

const kafka = await startEmbeddedKafka({});
const stub = await startStub();
try {
  const modes = new Map<string, number[]>([
    ['at-least-once', []],
    ['exactly-once', []],
  ]);
  for (let number = 0; number < ROUNDS; number++) {
    for (const [delivery, latencies] of modes) {
      latencies.push(...(await round(kafka.bootstrap, stub.port, delivery, `${process.pid}-${number}-${delivery}`)));
    }
  }
  console.log(
    `${RATE} records/s, ${ROUNDS} rounds of ${SECONDS} s each, a transaction every ${values.interval} ms at most`,
  );
  let base: readonly number[] | undefined;
  for (const [delivery, latencies] of modes) {
    const sorted = latencies.toSorted((a, b) => a - b);
    const shown = [0.5, 0.99].map((share) => {
      const ms = quantile(sorted, share);
      const ratio = base === undefined ? '' : ` (${(ms / quantile(base, share)).toFixed(1)} times)`;
      return `p${share * 100} ${ms.toFixed(1)} ms${ratio}`;
    });
    console.log(`${delivery.padEnd(14)} ${shown.join('  ')}  ${sorted.length} records`);
    base ??= sorted;
  }
} finally {
  stub.stop();
  await kafka.stop();
}
