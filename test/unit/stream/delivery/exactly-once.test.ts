// What becomes of a transaction that does not go as planned. Brokers are made up: they say yes, but for what a test makes them say.
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { NetworkError, protocolErrors } from '@platformatic/kafka';
import type { GroupPlace } from '../../../../src/kafka/group/group-place.ts';
import { KafkaError } from '../../../../src/kafka/kafka-error.ts';
import { transactionEnded } from '../../../../src/stream/channels.ts';
import { ExactlyOnce } from '../../../../src/stream/delivery/exactly-once.ts';
import type { Job } from '../../../../src/stream/work/job.ts';
import { ScriptedCluster, settle, type ScriptedCall } from '../../kafka/scripted-cluster.ts';
import { payload, record, workOf } from '../sample.ts';

const codeOf = (code: string) => (code === 'NONE' ? 0 : (protocolErrors[code]?.code ?? 0));

/** How brokers answer a call with that code. */
const ANSWERS: Readonly<Record<string, (code: number, call: ScriptedCall) => object>> = {
  findCoordinator: (errorCode) => ({ coordinators: [{ errorCode, nodeId: 7 }] }),
  initProducerId: (errorCode) => ({ errorCode, producerId: 9n, producerEpoch: 1 }),
  addOffsetsToTxn: (errorCode) => ({ errorCode }),
  txnOffsetCommit: (errorCode) => ({ topics: [{ partitions: [{ partitionIndex: 0, errorCode }] }] }),
  addPartitionsToTxn: (partitionErrorCode) => ({
    resultsByTransaction: [
      { topicResults: [{ name: 'out', resultsByPartition: [{ partitionIndex: 0, partitionErrorCode }] }] },
    ],
  }),
  produce: (errorCode) => ({
    responses: [{ name: 'out', partitionResponses: [{ index: 0, errorCode, errorMessage: null, recordErrors: [] }] }],
  }),
  endTxn: (errorCode) => ({ errorCode }),
};

async function start(context: TestContext) {
  const cluster = new ScriptedCluster();
  cluster.leaders.set('out', [1]);
  cluster.leaders.set('in', [1]);
  /** What comes instead of a yes, by call, in turn; `lost` for no answer at all. */
  const instead = new Map<string, (string | 'lost')[]>();
  const calls: ScriptedCall[] = [];
  let stored = { offset: -1, metadata: '' };
  const serve = async () => {
    while (!cluster.closed) {
      const call = await cluster.take().catch(() => undefined);
      if (call === undefined) continue;
      calls.push(call);
      const code = instead.get(call.api)?.shift() ?? 'NONE';
      if (code === 'lost') call.fail(new NetworkError('Connection closed'));
      else if (call.api === 'offsetFetch') {
        const partitions = [
          { partitionIndex: 0, errorCode: 0, committedOffset: BigInt(stored.offset), metadata: stored.metadata },
        ];
        call.answer({ groups: [{ errorCode: 0, topics: [{ name: 'in', partitions }] }] });
      } else call.answer(ANSWERS[call.api]?.(codeOf(code), call) ?? {});
    }
  };
  void serve();
  const ended: string[] = [];
  context.after(transactionEnded.subscribe(({ outcome, reason }) => ended.push(`${outcome} ${reason}`.trim())));
  let place: GroupPlace | undefined = { generation: 4, memberId: 'm', instanceId: null };
  const settings = { group: 'g', inputTopic: 'in', transactionalId: 'g.1', timeoutMs: 50, intervalMs: 1 };
  const delivery = new ExactlyOnce(cluster.asCluster(), { ...settings, records: 100, sizeBytes: 1e6 }, () => place);
  context.after(async () => {
    cluster.close();
    await delivery.close();
  });
  const { work, partition } = workOf('key');
  partition.committed = 0;
  work.receive(partition, Array.from({ length: 5 }, (_, offset) => record(partition, offset, 'k')), 0); // prettier-ignore
  delivery.assigned([partition]);
  await delivery.open();
  const done: number[] = [];
  const refused: string[] = [];
  const leave = (alsoRefused?: (job: Job) => void) => {
    const job = work.start(0);
    assert.ok(job);
    job.result = payload('');
    work.end(job);
    const settled = (error: Error | undefined) => {
      if (error === undefined) {
        done.push(job.record.offset);
        work.settle(job);
      } else {
        refused.push((error as KafkaError).code);
        alsoRefused?.(job);
      }
    };
    delivery.send(job, { topic: 'out', partition: 0, key: null, value: null, headers: [], sizeBytes: 1, settled });
    return job;
  };
  const until = async (what: string, test: () => boolean) => {
    const deadline = performance.now() + 60_000;
    while (!test()) {
      assert.ok(performance.now() < deadline, `not in time: ${what}; calls: ${calls.map(({ api }) => api).join(' ')}`);
      await settle();
    }
  };
  const made = (api: string) => calls.filter((call) => call.api === api);
  const setPlace = (next: GroupPlace | undefined) => (place = next);
  const setStored = (next: typeof stored) => (stored = next);
  return {
    cluster,
    delivery,
    work,
    partition,
    instead,
    calls,
    made,
    ended,
    done,
    refused,
    leave,
    until,
    setPlace,
    setStored,
  };
}

test('results count when their transaction is committed, with the place in the group', async (context) => {
  const { partition, calls, made, done, leave, until, ended } = await start(context);
  leave();
  leave();
  await until('both are done', () => done.length === 2);
  assert.deepEqual(done, [0, 1]);
  assert.equal(partition.committed, 2);
  assert.deepEqual(made('txnOffsetCommit')[0]?.args.slice(0, 7), ['g.1', 'g', 9n, 1, 4, 'm', null]);
  const order = calls.map(({ api }) => api).filter((api) => ['txnOffsetCommit', 'produce', 'endTxn'].includes(api));
  assert.deepEqual(order.slice(0, 3), ['txnOffsetCommit', 'produce', 'endTxn']);
  assert.ok(ended.every((one) => one === 'committed'));
});

test('without a place in the group nothing is begun', async (context) => {
  const { made, done, leave, until, setPlace } = await start(context);
  setPlace(undefined);
  leave();
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.deepEqual([made('addOffsetsToTxn').length, made('produce').length], [0, 0]);
  setPlace({ generation: 5, memberId: 'm', instanceId: null });
  await until('it is done', () => done.length === 1);
});

test('a stale place writes nothing; what is still ours goes with the new one, what is gone does not', async (context) => {
  const { delivery, work, partition, instead, made, done, leave, until, setPlace, ended } = await start(context);
  instead.set('txnOffsetCommit', ['ILLEGAL_GENERATION']);
  leave();
  await until('it is refused', () => ended.length === 1);
  assert.deepEqual([ended, made('produce').length, done], [['aborted ILLEGAL_GENERATION'], 0, []]);
  setPlace({ generation: 5, memberId: 'm', instanceId: null });
  await until('it goes again', () => done.length === 1);
  assert.equal(made('txnOffsetCommit')[1]?.args[4], 5);
  instead.set('txnOffsetCommit', ['UNKNOWN_MEMBER_ID']);
  leave();
  await until('it is refused', () => ended.includes('aborted UNKNOWN_MEMBER_ID'));
  partition.revoked = true;
  work.release([partition]);
  delivery.released([partition]);
  setPlace({ generation: 6, memberId: 'n', instanceId: null });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual([done, made('produce').length], [[0], 1]);
});

for (const counts of [true, false]) {
  test(`a commit without an answer that ${counts ? 'counts' : 'does not count'}: the id is taken over, then the offsets tell`, async (context) => {
    const { instead, made, done, leave, until, setStored, ended, partition } = await start(context);
    instead.set(
      'endTxn',
      Array.from({ length: 60 }, () => 'lost'),
    );
    setStored(counts ? { offset: 1, metadata: '' } : { offset: 0, metadata: '' });
    leave();
    await until('it asks', () => made('offsetFetch').length === 1);
    instead.delete('endTxn');
    await until('it is done', () => done.length === 1);
    assert.equal(made('initProducerId').length, 2);
    assert.equal(made('produce').length, counts ? 1 : 2);
    assert.deepEqual([done, partition.committed], [[0], 1]);
    assert.equal(ended[0]?.split(' ')[0], counts ? 'committed' : 'aborted');
  });
}

test('a transaction that the broker has ended goes again under a new epoch', async (context) => {
  const { instead, made, done, leave, until, ended } = await start(context);
  instead.set('produce', ['INVALID_PRODUCER_EPOCH']);
  leave();
  await until('it is done', () => done.length === 1);
  assert.deepEqual(ended, ['aborted INVALID_PRODUCER_EPOCH', 'committed']);
  assert.equal(made('initProducerId').length, 2);
});

test('what comes instead of a refused record is in the same transaction; without anything the stream stops', async (context) => {
  const { cluster, delivery, work, instead, made, done, refused, leave, until } = await start(context);
  instead.set('produce', ['MESSAGE_TOO_LARGE']);
  leave((job) =>
    delivery.sendNothing(job, () => {
      done.push(-1);
      work.settle(job);
    }),
  );
  await until('it is done', () => done.length === 1);
  assert.deepEqual([done, refused, made('txnOffsetCommit').length], [[-1], ['MESSAGE_TOO_LARGE'], 1]);
  // A topic that was made again with fewer partitions: another one is chosen.
  cluster.leaders.set('out', []);
  leave((job) =>
    delivery.sendNothing(job, () => {
      done.push(-2);
      work.settle(job);
    }),
  );
  await until('it is done', () => done.length === 2);
  assert.deepEqual(
    [done, refused],
    [
      [-1, -2],
      ['MESSAGE_TOO_LARGE', 'PARTITION_GONE'],
    ],
  );
  cluster.leaders.set('out', [1]);
  instead.set('produce', ['MESSAGE_TOO_LARGE']);
  leave(() => undefined);
  await assert.rejects(delivery.failed, { code: 'RECORD_REFUSED' });
  assert.equal(done.length, 2);
});

test('a broker that keeps less with an offset, and one that allows nothing', async (context) => {
  const { delivery, instead, done, leave, until } = await start(context);
  instead.set('txnOffsetCommit', ['OFFSET_METADATA_TOO_LARGE']);
  leave();
  await until('it is done', () => done.length === 1);
  instead.set('addOffsetsToTxn', ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED']);
  leave();
  await assert.rejects(delivery.failed, { code: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', failure: 'fatal' });
});
