import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerTrouble, partitionsRevoked } from '../../../src/kafka/channels.ts';
import { attemptFailed, recordRejected } from '../../../src/stream/channels.ts';
import { LogLimiter } from '../../../src/telemetry/logs/log-limiter.ts';
import { createLogger, type LogOptions } from '../../../src/telemetry/logs/logger.ts';
import { peopleLine } from '../../../src/telemetry/logs/people-line.ts';
import { startTelemetry } from '../../../src/telemetry/telemetry.ts';

function logged(options: Omit<LogOptions, 'destination'>) {
  const lines: string[] = [];
  const logger = createLogger({ ...options, destination: { write: (line) => void lines.push(line) } });
  return { lines, logger };
}

test("a line has the field names of Seldon's executor", () => {
  const { lines, logger } = logged({ level: 'info', format: 'json' });
  logger.child({ logger: 'kafka' }).warn({ topic: 'in' }, 'hello');
  logger.debug('not shown');
  assert.equal(lines.length, 1);
  const { ts, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual(rest, { level: 'warn', logger: 'kafka', topic: 'in', msg: 'hello' });
  assert.ok(typeof ts === 'number' && Math.abs(ts - Date.now() / 1000) < 60, String(ts));
});

test('for people it is one readable line', () => {
  const json = JSON.stringify({
    level: 'warn',
    ts: 1.25,
    logger: 'kafka',
    topic: 'in',
    error: 'not now',
    n: [1],
    msg: 'hello',
  });
  assert.match(peopleLine(json, false), /^\d\d:\d\d:01\.250 warn {2}kafka: hello {2}topic=in error="not now" n=\[1\]$/);
  assert.ok(peopleLine(json, true).includes('\u001b['));
});

test('the people format writes such lines', async () => {
  const { lines, logger } = logged({ level: 'debug', format: 'people' });
  logger.debug({ a: 1 }, 'one');
  logger.info('two');
  for (let turn = 0; turn < 100 && lines.length < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /debug.*one.*a=1/);
});

test('what repeats is let through once per interval, and then says how often it was held back', () => {
  let ms = 0;
  const limiter = new LogLimiter({ now: () => ms }, 1_000, 2);
  assert.equal(limiter.pass('a'), 0);
  assert.equal(limiter.pass('a'), undefined);
  assert.equal(limiter.pass('b'), 0);
  ms = 999;
  assert.equal(limiter.pass('a'), undefined);
  ms = 1_000;
  assert.equal(limiter.pass('a'), 2);
  assert.equal(limiter.pass('a'), undefined);
  // Keys are bounded: a third makes the limiter forget, which costs a line and no memory.
  assert.equal(limiter.pass('c'), 0);
  assert.equal(limiter.pass('a'), 0);
});

test('a fault of every record is not a line of every record', () => {
  const { lines, logger } = logged({ level: 'info', format: 'json' });
  const { end } = startTelemetry(logger);
  for (let offset = 0; offset < 1_000; offset++) {
    recordRejected.publish({ partition: 0, offset, code: 'MODEL_STATUS', node: 'm', message: 'status 400' });
    attemptFailed.publish({ partition: 0, offset, node: 'm', attempt: 1, error: 'status 503', delayMs: 200 });
  }
  brokerTrouble.publish({ role: 'fetch', what: 'reading', error: 'ECONNREFUSED', attempt: 3, delayMs: 10.4 });
  partitionsRevoked.publish({ group: 'g', topic: 'in', partitions: [0], lost: true, reason: 'session timed out' });
  end();
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    parsed.map(({ level, logger: name }) => `${String(level)} ${String(name)}`),
    ['warn stream', 'warn stream', 'warn kafka', 'warn kafka'],
  );
  assert.equal(parsed[0]?.['error'], 'status 400');
  assert.equal(parsed[2]?.['delayMs'], 10);
});
