import { test } from 'node:test';
import assert from 'node:assert/strict';
import { NetworkError, protocolErrors } from '@platformatic/kafka';
import { Producer } from '../../../../src/kafka/producer/producer.ts';
import { ScriptedCluster, settle, type ScriptedCall } from '../scripted-cluster.ts';

interface Sent {
  readonly topic: string;
  readonly partition: number;
  readonly value: Buffer;
}

type Outcome = readonly [value: string, error: string];

async function start(leaders: number[], producerEpoch = 0) {
  const cluster = new ScriptedCluster();
  cluster.leaders.set('out', leaders);
  const producer = new Producer(cluster.asCluster());
  const outcomes: Outcome[] = [];
  const send = (value: string, partition = 0) => {
    producer.send({
      topic: 'out',
      partition,
      key: null,
      value: Buffer.from(value),
      headers: [],
      sizeBytes: value.length,
      settled: (error) => outcomes.push([value, error ? ((error as { code?: string }).code ?? 'error') : '']),
    });
  };
  send('first');
  (await cluster.take((call) => call.api === 'initProducerId')).answer({ producerId: 1n, producerEpoch });
  const first = await cluster.take((call) => call.api === 'produce');
  return { cluster, producer, outcomes, send, first };
}

const produce = (node: number) => (call: ScriptedCall) => call.api === 'produce' && call.node === node;
const values = (call: ScriptedCall) => (call.args[2] as Sent[]).map(({ value }) => value.toString());
const identity = (call: ScriptedCall, partition = 0) => {
  const writer = call.args[3] as { producerId: bigint; producerEpoch: number; sequences: Map<string, number> };
  const { producerId, producerEpoch: epoch, sequences } = writer;
  return { producerId: Number(producerId), epoch, sequence: sequences.get(`out:${partition}`) };
};

function answer(call: ScriptedCall, code: string, partition = 0): void {
  const errorCode = code === 'NONE' ? 0 : (protocolErrors[code]?.code ?? 0);
  const partitionResponses = [{ index: partition, errorCode, errorMessage: null, recordErrors: [] }];
  call.answer({ responses: [{ name: 'out', partitionResponses }] });
}

test('counts the sequence on, one request at a time, records gathering meanwhile', async () => {
  const { cluster, outcomes, send, first } = await start([1]);
  assert.deepEqual(values(first), ['first']);
  send('second');
  send('third');
  await settle();
  assert.equal(cluster.open.length, 0);
  answer(first, 'NONE');
  const next = await cluster.take(produce(1));
  assert.deepEqual(outcomes, [['first', '']]);
  assert.deepEqual([values(next), identity(next)], [['second', 'third'], { producerId: 1, epoch: 0, sequence: 1 }]);
  answer(next, 'NONE');
  send('fourth');
  assert.equal(identity(await cluster.take(produce(1))).sequence, 3);
  cluster.close();
});

test('a lost answer is followed by the very same batch, and a duplicate counts as stored', async () => {
  const { cluster, outcomes, send, first } = await start([1]);
  send('second');
  first.fail(new NetworkError('Connection closed'));
  const again = await cluster.take(produce(1));
  assert.deepEqual([values(again), identity(again)], [['first'], identity(first)]);
  assert.deepEqual(outcomes, []);
  answer(again, 'DUPLICATE_SEQUENCE_NUMBER');
  const next = await cluster.take(produce(1));
  assert.deepEqual(outcomes, [['first', '']]);
  assert.deepEqual([values(next), identity(next).sequence], [['second'], 1]);
  cluster.close();
});

// Had both leaders the batch at a time, the late answer of one would count for the batch after it.
test('a batch that is under way is not sent to a new leader before its answer', async () => {
  const { cluster, outcomes, send, first } = await start([1]);
  cluster.leaders.set('out', [2]);
  send('second');
  await settle();
  assert.equal(cluster.open.length, 0, 'the batch is at the old leader still');
  answer(first, 'NONE');
  const next = await cluster.take(produce(2));
  assert.deepEqual([outcomes, values(next)], [[['first', '']], ['second']]);
  await settle();
  assert.deepEqual(outcomes, [['first', '']], 'what was not answered is not settled');
  answer(next, 'NONE');
  await settle();
  assert.deepEqual(outcomes.length, 2);
  cluster.close();
});

test('an old leader that says so hands the batch over', async () => {
  const { cluster, outcomes, first } = await start([1]);
  cluster.leaders.set('out', [2]);
  answer(first, 'NOT_LEADER_OR_FOLLOWER');
  const again = await cluster.take(produce(2));
  assert.deepEqual([values(again), identity(again)], [['first'], identity(first)]);
  answer(again, 'NONE');
  await settle();
  assert.deepEqual(outcomes, [['first', '']]);
  cluster.close();
});

test('finds the one record of a batch that is too large, and stores the others in order', async () => {
  const { cluster, outcomes, send, first } = await start([1]);
  for (const value of ['a', 'b', 'LARGE', 'c']) send(value);
  answer(first, 'NONE');
  for (let sequence = 1; outcomes.length < 5;) {
    const call = await cluster.take(produce(1));
    assert.equal(identity(call).sequence, sequence, 'a refused batch uses up no sequence numbers');
    const large = values(call).includes('LARGE');
    if (!large) sequence += values(call).length;
    answer(call, large ? 'MESSAGE_TOO_LARGE' : 'NONE');
    await settle();
  }
  assert.deepEqual(outcomes, [
    ['first', ''],
    ['a', ''],
    ['b', ''],
    ['LARGE', 'MESSAGE_TOO_LARGE'],
    ['c', ''],
  ]);
  cluster.close();
});

test('a partition whose sequence the broker has lost goes on in the next epoch, without a word to other brokers', async () => {
  const { cluster, outcomes, first } = await start([1]);
  answer(first, 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  const again = await cluster.take(produce(1));
  assert.deepEqual([values(again), identity(again)], [['first'], { producerId: 1, epoch: 1, sequence: 0 }]);
  answer(again, 'NONE');
  await settle();
  assert.deepEqual(outcomes, [['first', '']]);
  cluster.close();
});

// Under another identity the broker would not know the batch again, and store it twice.
test('a batch in doubt keeps its identity when another partition needs a new one, and so does not come twice', async () => {
  const { cluster, outcomes, send, first } = await start([1, 2]);
  send('doubtful', 1);
  const doubtful = await cluster.take(produce(2));
  doubtful.fail(new NetworkError('Connection closed'));
  const again = await cluster.take(produce(2));
  answer(first, 'UNKNOWN_PRODUCER_ID');
  const bumped = await cluster.take(produce(1));
  assert.equal(identity(bumped).epoch, 1);
  again.fail(new NetworkError('Connection closed'));
  const third = await cluster.take(produce(2));
  assert.deepEqual([values(third), identity(third, 1)], [['doubtful'], { producerId: 1, epoch: 0, sequence: 0 }]);
  send('after', 1);
  answer(third, 'DUPLICATE_SEQUENCE_NUMBER', 1);
  const after = await cluster.take(produce(2));
  assert.deepEqual([values(after), identity(after, 1)], [['after'], { producerId: 1, epoch: 1, sequence: 0 }]);
  answer(after, 'NONE', 1);
  answer(bumped, 'NONE');
  await settle();
  assert.deepEqual(outcomes.toSorted(), [
    ['after', ''],
    ['doubtful', ''],
    ['first', ''],
  ]);
  cluster.close();
});

test('partitions of one broker that write under two identities take two requests', async () => {
  const { cluster, outcomes, send, first } = await start([1, 1]);
  send('doubtful', 1);
  answer(first, 'NONE');
  const both = await cluster.take(produce(1));
  assert.deepEqual(values(both), ['doubtful']);
  send('lost');
  both.fail(new NetworkError('Connection closed'));
  const two = await cluster.take(produce(1));
  assert.deepEqual(values(two).toSorted(), ['doubtful', 'lost']);
  const refusal = { errorMessage: null, recordErrors: [] };
  const codeOf = (name: string) => protocolErrors[name]?.code ?? 0;
  const partitionResponses = [
    { index: 0, errorCode: codeOf('OUT_OF_ORDER_SEQUENCE_NUMBER'), ...refusal },
    { index: 1, errorCode: codeOf('REQUEST_TIMED_OUT'), ...refusal },
  ];
  two.answer({ responses: [{ name: 'out', partitionResponses }] });
  const seen = new Map<string, number>();
  for (const call of [await cluster.take(produce(1)), undefined]) {
    const request = call ?? (await cluster.take(produce(1)));
    const partition = values(request)[0] === 'lost' ? 0 : 1;
    seen.set(values(request).join(), identity(request, partition).epoch);
    answer(request, 'NONE', partition);
  }
  await settle();
  assert.deepEqual([...seen].toSorted(), [
    ['doubtful', 0],
    ['lost', 1],
  ]);
  assert.equal(outcomes.length, 3);
  cluster.close();
});

test('an id that brokers do not take any more is given up for another', async () => {
  const { cluster, outcomes, first } = await start([1]);
  answer(first, 'INVALID_PRODUCER_EPOCH');
  (await cluster.take((call) => call.api === 'initProducerId')).answer({ producerId: 2n, producerEpoch: 0 });
  const again = await cluster.take(produce(1));
  assert.deepEqual([values(again), identity(again)], [['first'], { producerId: 2, epoch: 0, sequence: 0 }]);
  answer(again, 'NONE');
  await settle();
  assert.deepEqual(outcomes, [['first', '']]);
  cluster.close();
});

test('after the last epoch there is another id', async () => {
  const { cluster, first } = await start([1], 32_767);
  answer(first, 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  (await cluster.take((call) => call.api === 'initProducerId')).answer({ producerId: 2n, producerEpoch: 0 });
  assert.deepEqual(identity(await cluster.take(produce(1))), { producerId: 2, epoch: 0, sequence: 0 });
  cluster.close();
});

test('a refused permission ends it, and nothing is settled', async () => {
  const { producer, outcomes, first } = await start([1]);
  answer(first, 'TOPIC_AUTHORIZATION_FAILED');
  await assert.rejects(producer.failed, { code: 'TOPIC_AUTHORIZATION_FAILED', failure: 'fatal' });
  assert.deepEqual(outcomes, []);
});

test('a partition without a leader is waited for, with pauses', async () => {
  const { cluster, send, first } = await start([1, -1]);
  answer(first, 'NONE');
  send('waits', 1);
  while (cluster.pauses.length < 3) await settle();
  assert.match(cluster.pauses[0] ?? '', /writing to 'out': LEADER_NOT_AVAILABLE/);
  cluster.leaders.set('out', [1, 2]);
  assert.deepEqual(values(await cluster.take(produce(2))), ['waits']);
  cluster.close();
});

test('queues that had no room in a request come first in the next', async () => {
  const { cluster, producer, first } = await start(Array.from({ length: 40 }, () => 1));
  const sizes = (call: ScriptedCall) => [...new Set((call.args[2] as Sent[]).map(({ partition }) => partition))];
  // One megabyte each: seventeen make a request full. The first ones have always more to send.
  const feed = (partition: number) =>
    producer.send({
      ...{ topic: 'out', partition, key: null, value: Buffer.from('x'), headers: [] },
      ...{ sizeBytes: 1_000_000, settled: () => undefined },
    });
  for (let round = 0; round < 4; round++) for (let partition = 0; partition < 40; partition++) feed(partition);
  answer(first, 'NONE');
  const served = new Set<number>();
  for (let request = 0; request < 3; request++) {
    const call = await cluster.take(produce(1));
    for (const partition of sizes(call)) served.add(partition);
    const partitionResponses = sizes(call).map((index) => ({
      index,
      errorCode: 0,
      errorMessage: null,
      recordErrors: [],
    }));
    call.answer({ responses: [{ name: 'out', partitionResponses }] });
  }
  assert.equal(served.size, 40, 'three requests have room for all of them');
  cluster.close();
});

test('the partition that waits longest for its broker is known, and none when all is written', async () => {
  const { cluster, producer, send, first } = await start([1, 2]);
  send('second', 1);
  assert.deepEqual([producer.slowest?.topic, producer.slowest?.partition], ['out', 0]);
  answer(first, 'NONE');
  await settle();
  assert.equal(producer.slowest?.partition, 1);
  answer(await cluster.take(produce(2)), 'NONE', 1);
  await settle();
  assert.equal(producer.slowest, undefined);
  cluster.close();
});
