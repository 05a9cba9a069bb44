import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { payloadPassed } from '../../../../src/graph/channels.ts';
import { createLogger } from '../../../../src/telemetry/logs/logger.ts';
import { createRegistry } from '../../../../src/telemetry/metrics/registry.ts';
import { startPayloadLog } from '../../../../src/telemetry/payload-log/payload-log.ts';
import { origin, passed } from './passed.ts';

const requests: string[] = [];
const server = createServer((request, response) => {
  requests.push(`${request.url} ${String(request.headers['ce-modelid'])}`);
  // One never answers, one always refuses.
  if (request.url === '/hang') return;
  request.resume().on('end', () => response.writeHead(request.url === '/no' ? 403 : 200).end());
});
let base: string;

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function start(urls: readonly string[], maxEvents = 100) {
  const lines: string[] = [];
  const registry = createRegistry();
  const logger = createLogger({
    level: 'info',
    format: 'json',
    destination: { write: (line) => void lines.push(line) },
  });
  const target = { kind: 'http', urls, defaultUrl: urls[0], connections: 4 } as const;
  const log = startPayloadLog({ origin, target, maxEvents, maxBytes: 1_000_000 }, registry, logger);
  const samples = async (name: string) =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith(`millrace_payload_log_${name}`));
  return { log, lines, samples };
}

const at = (node: string, url: string | undefined) =>
  passed('{}', { node, logger: { requests: true, responses: true, url } });

test('events go to the URL of their node, or to the default; their ends are counted', async () => {
  const { log, samples, lines } = start([`${base}/default`, `${base}/own`, `${base}/no`]);
  payloadPassed.publish(at('a', undefined));
  payloadPassed.publish({ ...at('b', `${base}/own`), kind: 'response' });
  payloadPassed.publish(at('c', `${base}/no`));
  await log.close(5_000);
  payloadPassed.publish(at('late', undefined));
  assert.deepEqual(requests.splice(0).sort(), ['/default a', '/no c', '/own b']);
  assert.deepEqual(await samples('sent'), [
    'millrace_payload_log_sent_total{kind="request"} 1',
    'millrace_payload_log_sent_total{kind="response"} 1',
  ]);
  assert.ok((await samples('dropped')).includes('millrace_payload_log_dropped_total{reason="refused"} 1'));
  assert.ok((await samples('dropped')).includes('millrace_payload_log_dropped_total{reason="full"} 0'));
  assert.match(lines.join(''), /"reason":"refused","error":"it answered 403"/);
});

test('a receiver that hangs takes no room from another, and the log tells it in one line', async () => {
  const { log, samples, lines } = start([`${base}/hang`, `${base}/well`], 20);
  for (let i = 0; i < 500; i++) payloadPassed.publish(at('h', `${base}/hang`));
  for (let i = 0; i < 10; i++) payloadPassed.publish(at('w', `${base}/well`));
  assert.deepEqual(await samples('queue_events'), ['millrace_payload_log_queue_events 20']);
  await log.close(200);
  assert.equal(requests.splice(0).filter((line) => line === '/well w').length, 10);
  assert.deepEqual(await samples('sent'), ['millrace_payload_log_sent_total{kind="request"} 10']);
  const dropped = await samples('dropped');
  assert.ok(dropped.includes('millrace_payload_log_dropped_total{reason="full"} 490'), dropped.join('\n'));
  assert.ok(dropped.includes('millrace_payload_log_dropped_total{reason="shutdown"} 10'), dropped.join('\n'));
  assert.deepEqual(await samples('queue_bytes'), ['millrace_payload_log_queue_bytes 0']);
  assert.equal(lines.filter((line) => line.includes('"reason":"full"')).length, 1);
});
