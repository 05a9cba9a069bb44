import { test } from 'node:test';
import assert from 'node:assert/strict';
import { NetworkError, protocolErrors } from '@platformatic/kafka';
import {
  endingOf,
  gravest,
  toTransactionError,
  TransactionError,
} from '../../../../src/kafka/transaction/transaction-error.ts';
import { TransactionalWriter } from '../../../../src/kafka/transaction/transactional-writer.ts';
import { ScriptedCluster, settle, type ScriptedCall } from '../scripted-cluster.ts';

const codeOf = (code: string) => (code === 'NONE' ? 0 : (protocolErrors[code]?.code ?? 0));
const api = (name: string) => (call: ScriptedCall) => call.api === name;

function scripted(limitMs = 60_000) {
  const cluster = new ScriptedCluster();
  cluster.leaders.set('out', [1, 2]);
  const writer = new TransactionalWriter(cluster.asCluster(), {
    transactionalId: 'me',
    transactionTimeoutMs: 1_000,
    limitMs,
  });
  const reply = async (name: string, code = 'NONE', rest: object = {}) => {
    for (;;) {
      const call = await cluster.take();
      if (call.api === 'findCoordinator') {
        call.answer({ coordinators: [{ errorCode: 0, nodeId: 7 }] });
        continue;
      }
      assert.equal(call.api, name);
      call.answer({ errorCode: codeOf(code), ...rest });
      return call;
    }
  };
  const identify = async (epoch = 0, code = 'NONE') =>
    reply('initProducerId', code, { producerId: 9n, producerEpoch: epoch });
  const enlist = async (code = 'NONE', partition = 0) =>
    reply('addPartitionsToTxn', 'NONE', {
      resultsByTransaction: [
        { topicResults: [{ name: 'out', resultsByPartition: [{ partitionIndex: partition, partitionErrorCode: codeOf(code) }] }] }, // prettier-ignore
      ],
    });
  const produced = async (code = 'NONE', partition = 0) => {
    const partitionResponses = [{ index: partition, errorCode: codeOf(code), errorMessage: null, recordErrors: [] }];
    return reply('produce', 'NONE', { responses: [{ name: 'out', partitionResponses }] });
  };
  const open = async () => {
    const opened = writer.open();
    await identify();
    await opened;
  };
  const record = (value: string, partition = 0) => ({
    topic: 'out',
    partition,
    key: null,
    value: Buffer.from(value),
    headers: [],
    sizeBytes: value.length,
    settled: () => undefined,
  });
  return { cluster, writer, reply, identify, enlist, produced, open, record };
}

const sequence = (call: ScriptedCall) =>
  (call.args[3] as { sequences: Map<string, number>; producerEpoch: number }).sequences.get('out:0');
const epoch = (call: ScriptedCall) => (call.args[3] as { producerEpoch: number }).producerEpoch;

test('every error name has one meaning for a transaction', () => {
  const wanted = {
    NOT_LEADER_OR_FOLLOWER: 'retry',
    CONCURRENT_TRANSACTIONS: 'retry',
    NOT_COORDINATOR: 'retry',
    COORDINATOR_LOAD_IN_PROGRESS: 'retry',
    MESSAGE_TOO_LARGE: 'record',
    TRANSACTION_ABORTABLE: 'abort',
    INVALID_TXN_STATE: 'renew',
    INVALID_PRODUCER_ID_MAPPING: 'renew',
    OUT_OF_ORDER_SEQUENCE_NUMBER: 'renew',
    PRODUCER_FENCED: 'fenced',
    INVALID_PRODUCER_EPOCH: 'fenced',
    ILLEGAL_GENERATION: 'revoked',
    REBALANCE_IN_PROGRESS: 'revoked',
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'fatal',
    INVALID_TRANSACTION_TIMEOUT: 'fatal',
    OFFSET_METADATA_TOO_LARGE: 'fatal',
  };
  for (const [code, ending] of Object.entries(wanted)) assert.equal(endingOf(code), ending, code);
  for (const code of Object.keys(protocolErrors)) assert.ok(endingOf(code).length > 0);
  assert.equal(toTransactionError(new NetworkError('Connection closed')).ending, 'retry');
  const passing = new TransactionError('A', '', 'retry');
  const deadly = new TransactionError('B', '', 'fenced');
  assert.equal(gravest([passing, deadly]), deadly);
  assert.equal(gravest([]), undefined);
});

test('partitions are enlisted before the first write, once, and sequences count on over transactions', async () => {
  const { cluster, writer, reply, enlist, produced, open, record } = scripted();
  await open();
  for (const [round, first] of [
    [0, 0],
    [1, 2],
  ] as const) {
    // prettier-ignore
    const transaction = writer.begin();
    transaction.send(record('a'));
    const flushed = transaction.flush();
    await enlist();
    assert.equal(sequence(await produced()), first, `round ${round}`);
    await flushed;
    transaction.send(record('b'));
    const committed = transaction.commit();
    assert.equal(sequence(await produced()), first + 1);
    assert.deepEqual((await reply('endTxn')).args, ['me', 9n, 0, true]);
    await committed;
  }
  assert.deepEqual(cluster.open, []);
});

test('a commit whose answer was lost is asked for again', async () => {
  const { cluster, writer, reply, enlist, produced, open, record } = scripted();
  await open();
  const transaction = writer.begin();
  transaction.send(record('a'));
  const committed = transaction.commit();
  await enlist();
  await produced();
  (await cluster.take(api('endTxn'))).fail(new NetworkError('Connection closed'));
  await reply('endTxn', 'CONCURRENT_TRANSACTIONS');
  await reply('endTxn');
  await committed;
  assert.equal(cluster.pauses.length, 1, 'concurrent transactions are no trouble');
});

test('a limit ends every wait, and of a commit nobody knows the end', async () => {
  const { cluster, writer, enlist, produced, open, record } = scripted(0);
  await open();
  const transaction = writer.begin();
  transaction.send(record('a'));
  const committed = transaction.commit();
  await enlist();
  await produced();
  await new Promise((resolve) => setTimeout(resolve, 5));
  (await cluster.take(api('endTxn'))).fail(new NetworkError('Connection closed'));
  await assert.rejects(committed, { ending: 'unknown', failure: 'retry' });
});

test('after a lost sequence the transaction is aborted, and the next one has a new epoch of the same writer', async () => {
  const { writer, reply, identify, enlist, produced, open, record } = scripted();
  await open();
  const transaction = writer.begin();
  transaction.send(record('a'));
  const committed = transaction.commit();
  committed.catch(() => undefined);
  await enlist();
  await produced('OUT_OF_ORDER_SEQUENCE_NUMBER');
  await assert.rejects(committed, { ending: 'renew' });
  const aborted = transaction.abort();
  assert.deepEqual((await reply('endTxn')).args, ['me', 9n, 0, false]);
  assert.deepEqual((await identify(1)).args, ['me', 1_000, 9n, 0], 'nobody else is fenced by it');
  await aborted;
  const next = writer.begin();
  next.send(record('b'));
  const flushed = next.flush();
  await enlist();
  const call = await produced();
  assert.deepEqual([sequence(call), epoch(call)], [0, 1]);
  await flushed;
});

test('a fenced writer writes nothing more, not even an abort', async () => {
  const { cluster, writer, enlist, open, record } = scripted();
  await open();
  const transaction = writer.begin();
  transaction.send(record('a'));
  const committed = transaction.commit();
  committed.catch(() => undefined);
  await enlist('PRODUCER_FENCED');
  await assert.rejects(committed, { ending: 'fenced', failure: 'fenced' });
  await assert.rejects(transaction.abort(), { ending: 'fenced' });
  await settle();
  assert.deepEqual(cluster.open, []);
});

test('a partition that may not be written is the reason, not those that were not attempted for it', async () => {
  const { writer, reply, open, record } = scripted();
  await open();
  const transaction = writer.begin();
  transaction.send(record('a'));
  transaction.send(record('b', 1));
  const flushed = transaction.flush();
  flushed.catch(() => undefined);
  const resultsByPartition = ['OPERATION_NOT_ATTEMPTED', 'TOPIC_AUTHORIZATION_FAILED'].map((code, partitionIndex) => ({
    partitionIndex,
    partitionErrorCode: codeOf(code),
  }));
  await reply('addPartitionsToTxn', 'NONE', {
    resultsByTransaction: [{ topicResults: [{ name: 'out', resultsByPartition }] }],
  });
  await assert.rejects(flushed, { code: 'TOPIC_AUTHORIZATION_FAILED', ending: 'fatal' });
});
