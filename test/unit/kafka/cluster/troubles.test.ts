import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { brokerRecovered, brokerTrouble, type BrokerTrouble } from '../../../../src/kafka/channels.ts';
import { Troubles } from '../../../../src/kafka/cluster/troubles.ts';

const failure = (broker: number | undefined, error = 'refused'): BrokerTrouble => {
  return { role: 'fetch', broker, what: 'reading', error, attempt: 1, delayMs: 1 };
};

function listen(context: TestContext) {
  const told: string[] = [];
  context.after(brokerTrouble.subscribe(({ role, broker, error }) => told.push(`${role} ${broker ?? '-'} ${error}`)));
  context.after(
    brokerRecovered.subscribe(({ role, broker, left }) => told.push(`${role} ${broker ?? '-'} well, ${left} left`)),
  );
  return told;
}

test('that one broker answers ends no trouble with another', (context) => {
  const told = listen(context);
  const troubles = new Troubles();
  troubles.failed(failure(1));
  troubles.failed(failure(2));
  troubles.passed('fetch', 3);
  troubles.passed('produce', 2);
  assert.deepEqual(
    troubles.open.map(({ broker }) => broker),
    [1, 2],
  );
  troubles.passed('fetch', 2);
  troubles.passed('fetch', 2);
  assert.deepEqual(
    troubles.open.map(({ broker }) => broker),
    [1],
  );
  troubles.passed('fetch', 1);
  assert.deepEqual(told, ['fetch 1 refused', 'fetch 2 refused', 'fetch 2 well, 1 left', 'fetch 1 well, 0 left']);
});

test('a trouble lasts from its first failure and says its last error', (context) => {
  let nowMs = 1_000;
  context.mock.method(performance, 'now', () => nowMs);
  const troubles = new Troubles();
  troubles.failed(failure(undefined, 'refused'));
  nowMs = 8_000;
  troubles.failed(failure(undefined, 'timed out'));
  assert.deepEqual(troubles.open, [{ role: 'fetch', broker: undefined, error: 'timed out', forMs: 7_000 }]);
});

test('a side line tells only whom it is told to tell', (context) => {
  const told = listen(context);
  const own: string[] = [];
  const troubles = new Troubles(({ error }) => own.push(error));
  troubles.failed(failure(1));
  troubles.passed('fetch', 1);
  assert.deepEqual([own, told], [['refused'], []]);
});
