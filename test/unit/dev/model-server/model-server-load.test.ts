import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite, test } from 'node:test';
import { MillraceError } from '../../../../src/base/errors.ts';
import { readCifar10Images } from '../../../../src/dev/demo/cifar10/cifar10-images.ts';
import { cifar10Request } from '../../../../src/dev/demo/cifar10/cifar10-request.ts';
import { startModelServer } from '../../../../src/dev/model-server/server.ts';
import { ask, DIGITS, noRuntime, RESNET, serve } from './served-model.ts';

const main = join(import.meta.dirname, '../../../../src/cli/main.ts');
const images = await readCifar10Images();
const request = (i: number) => cifar10Request(images[i]?.pixels ?? new Uint8Array());

suite('model server under load', { skip: noRuntime }, () => {
  test('names the held-out pictures of examples/cifar10 as rightly as its training said', async (t) => {
    const server = await serve(t, { name: 'resnet32', model: RESNET });
    const wanted = images.slice(0, 500);
    let right = 0;
    // Batches of 50: the batch axis is free.
    for (let start = 0; start < wanted.length; start += 50) {
      const batch = wanted.slice(start, start + 50);
      const rows = batch.map(({ pixels }) => cifar10Request(pixels).toString().slice('{"instances":['.length, -2));
      const { status, json } = await ask(
        `${server.url}/v1/models/resnet32:predict`,
        `{"instances":[${rows.join(',')}]}`,
      );
      assert.equal(status, 200);
      const { predictions } = json as { predictions: number[][] };
      assert.equal(predictions.length, batch.length);
      batch.forEach(({ label }, i) => {
        const row = predictions[i] ?? [];
        assert.ok(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-4);
        if (row.indexOf(Math.max(...row)) === label) right++;
      });
    }
    assert.ok(right / wanted.length >= 0.97, `${right} of ${wanted.length}`);
    assert.ok(right < wanted.length, 'no real model is always right');
  });

  test('probes are answered while a long inference runs', async (t) => {
    const server = await serve(t, { name: 'resnet32', model: RESNET });
    const row = request(0).toString().slice('{"instances":['.length, -2);
    const order: string[] = [];
    const long = ask(
      `${server.url}/v1/models/resnet32:predict`,
      `{"instances":[${Array(400).fill(row).join(',')}]}`,
    ).then(({ status }) => {
      order.push('inference');
      return status;
    });
    for (let i = 0; i < 5; i++) {
      assert.equal((await ask(`${server.url}/v2/health/ready`)).status, 200);
      order.push('probe');
    }
    assert.equal(await long, 200);
    assert.ok(order.indexOf('inference') >= 2, order.join(' '));
  });

  test('more than the queue holds is answered 503, the rest is served', async (t) => {
    const server = await serve(t, { name: 'resnet32', model: RESNET, queueLength: 2 });
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, i) => ask(`${server.url}/v1/models/resnet32:predict`, request(i))),
    );
    const refused = replies.filter(({ status }) => status === 503);
    const served = replies.filter(({ status }) => status === 200);
    assert.equal(refused.length + served.length, 40);
    assert.ok(refused.length > 0 && served.length >= 4, `${served.length} served`);
    assert.match(refused[0]?.text ?? '', /^\{"error":"\d requests are waiting; try again later"\}$/);
    assert.equal(refused[0]?.headers.get('retry-after'), '1');
  });

  test('a request that takes too long is answered 504, one that is too large 413', async (t) => {
    const server = await serve(t, { name: 'resnet32', model: RESNET, requestTimeoutMs: 1, bodyLimitBytes: 30_000 });
    const url = `${server.url}/v1/models/resnet32:predict`;
    const late = await ask(url, request(0));
    assert.deepEqual([late.status, late.json], [504, { error: 'no answer within 1 ms' }]);
    assert.equal((await ask(url, 'x'.repeat(30_001))).status, 413);
  });

  test('one protocol alone can be served', async (t) => {
    const server = await serve(t, { name: 'digits', model: DIGITS, protocol: 'v2' });
    assert.equal((await ask(`${server.url}/v2/models/digits`)).status, 200);
    assert.equal((await ask(`${server.url}/v1/models/digits`)).status, 404);
  });

  test('what cannot be started says why', async (t) => {
    const code = (wanted: string) => (error: unknown) => error instanceof MillraceError && error.code === wanted;
    await assert.rejects(startModelServer({ name: 'x', model: '/no/such.onnx', port: 0 }), code('MODEL_MISSING'));
    const directory = mkdtempSync(join(tmpdir(), 'millrace-model-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const broken = join(directory, 'broken.onnx');
    writeFileSync(broken, 'not a model');
    await assert.rejects(startModelServer({ name: 'x', model: broken, port: 0 }), code('MODEL_UNUSABLE'));
    const taken = createServer().listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await assert.rejects(startModelServer({ name: 'x', model: DIGITS, port }), code('MODEL_SERVER_ADDRESS'));
  });

  test('the command serves until SIGTERM, answers what is under way, and exits with 0', async (t) => {
    const args = [
      'model-server',
      '--name',
      'resnet32',
      '--model',
      RESNET,
      '--port',
      '0',
      '--grpc-port',
      '0',
      '--threads',
      '1',
    ];
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    t.after(() => child.kill('SIGKILL'));
    const [url] = (await once(createInterface(child.stdout), 'line', { signal: AbortSignal.timeout(120_000) })) as [
      string,
    ];
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    const row = request(0).toString().slice('{"instances":['.length, -2);
    const body = `{"instances":[${Array(200).fill(row).join(',')}]}`;
    const underWay = ask(`${url}/v1/models/resnet32:predict`, body);
    assert.equal((await ask(`${url}/ready`)).status, 200);
    const exit = once(child, 'exit', { signal: AbortSignal.timeout(120_000) });
    child.kill('SIGTERM');
    assert.equal((await underWay).status, 200);
    assert.deepEqual(await exit, [0, null]);
  });

  test('the command refuses a wrong command line with exit code 2', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [main, 'model-server', ...args], { encoding: 'utf8', timeout: 240_000 });
    const missing = run('--name', 'x');
    assert.deepEqual(
      [missing.status, /--role: a model does nothing by itself; give one of --model FILE/.test(missing.stderr)],
      [2, true],
      missing.stderr,
    );
    const wrong = run('--name', 'x', '--model', DIGITS, '--port', 'x', '--protocol', 'v3');
    assert.equal(wrong.status, 2, wrong.stderr);
    assert.match(
      wrong.stderr,
      /--port: 'x' is not a whole number[^]*--protocol: 'v3' is not one of|--protocol: 'v3'[^]*--port: 'x'/,
    );
    const absent = run('--name', 'x', '--model', '/no/such.onnx');
    assert.deepEqual([absent.status, /there is no model file/.test(absent.stderr)], [1, true], absent.stderr);
  });
});
