// Over real sockets; the receiver that is posted to is node:http alone.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { HttpReceiver } from '../../../../src/telemetry/payload-log/http-receiver.ts';
import { loggedPayload } from '../../../../src/telemetry/payload-log/logged-payload.ts';
import { DeliveryError } from '../../../../src/telemetry/payload-log/receiver.ts';
import { origin, passed } from './passed.ts';

interface Post {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: ReadonlyMap<string, string>;
  /** As they came, without what the connection needs. */
  readonly names: readonly string[];
  readonly body: Buffer;
}

const CONNECTION = ['host', 'connection', 'content-length'];
let ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

async function listen(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const posts: Post[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, rawHeaders } = request;
      const pairs = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ''] as const] : []));
      const own = pairs.filter(([name]) => !CONNECTION.includes(name.toLowerCase()));
      posts.push({ method, url, headers: new Map(own), names: own.map(([name]) => name), body: Buffer.concat(chunks) });
      answer(response, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => stop(server));
  return { posts, port: (server.address() as AddressInfo).port };
}

async function stop(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  if (server.listening) await once(server, 'close');
}

function receiver(url: string, timeoutMs = 5_000): HttpReceiver {
  const made = new HttpReceiver({ url, connections: 2, timeoutMs }, origin);
  ends.push(() => made.close());
  return made;
}

const event = (...args: Parameters<typeof passed>) => loggedPayload(passed(...args), Date.UTC(2024, 0, 2, 3, 4, 5, 6));

/** What the attempt failed with. */
async function failure(sending: Promise<void>): Promise<DeliveryError> {
  try {
    await sending;
  } catch (error) {
    assert.ok(error instanceof DeliveryError);
    return error;
  }
  return assert.fail('it was taken');
}

test("an event is a CloudEvent in binary mode, with Seldon's attributes", async () => {
  const { posts, port } = await listen((response) => response.writeHead(202).end());
  const logged = event(Buffer.from([0, 1, 255]), { kind: 'response', node: 'resnet' });
  await receiver(`http://127.0.0.1:${port}/events?to=a`).send(logged);
  const [post] = posts;
  assert.equal(post?.method, 'POST');
  assert.equal(post.url, '/events?to=a');
  assert.deepEqual(post.body, Buffer.from([0, 1, 255]));
  assert.deepEqual(Object.fromEntries(post.headers), {
    'Ce-Specversion': '1.0',
    'Ce-Id': logged.id,
    'Ce-Time': '2024-01-02T03:04:05.006Z',
    'Ce-Type': 'io.seldon.serving.inference.response',
    'Ce-Source': 'http://:8000/',
    'Ce-Modelid': 'resnet',
    'Ce-Requestid': 'p1',
    'Ce-Inferenceservicename': 'dep',
    'Ce-Namespace': 'ns',
    'Ce-Endpoint': 'main',
    'Ce-Protocol': 'seldon',
    'Content-Type': 'application/json',
  });
  assert.match(logged.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('requests and feedback have their own types; the trace and an unknown encoding come along', async () => {
  const { posts, port } = await listen((response) => response.end());
  const to = receiver(`http://127.0.0.1:${port}`);
  await to.send(
    event('{}', { kind: 'feedback', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }),
  );
  const payload = { body: Buffer.from('br'), contentType: '', contentEncoding: 'br' };
  await to.send(event('', { payload }));
  const [feedback, request] = posts;
  assert.equal(feedback?.headers.get('Ce-Type'), 'io.seldon.serving.feedback');
  assert.equal(feedback.headers.get('Traceparent'), '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  assert.equal(feedback.headers.get('Ce-Traceparent'), feedback.headers.get('Traceparent'));
  assert.equal(request?.url, '/');
  assert.equal(request.headers.get('Ce-Type'), 'io.seldon.serving.inference.request');
  assert.equal(request.headers.get('Content-Encoding'), 'br');
  assert.ok(!request.names.includes('Content-Type'));
  assert.ok(!request.names.includes('Traceparent'));
});

test('attributes that HTTP cannot carry are percent-encoded, as the CloudEvents binding says', async () => {
  const { posts, port } = await listen((response) => response.end());
  await receiver(`http://127.0.0.1:${port}`).send(event('{}', { puid: 'a b "%" \u00e9', node: 'modèle\r\nX: 1' }));
  assert.equal(posts[0]?.headers.get('Ce-Requestid'), 'a%20b%20%22%25%22%20%C3%A9');
  assert.equal(posts[0].headers.get('Ce-Modelid'), 'mod%C3%A8le%0D%0AX:%201');
});

test('user and password of the URL become Basic, and are never shown', async () => {
  const { posts, port } = await listen((response) => response.end());
  const to = receiver(`http://me:p%40ss@127.0.0.1:${port}/?key=hush`);
  await to.send(event('{}'));
  assert.equal(posts[0]?.headers.get('Authorization'), `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  assert.equal(posts[0].url, '/?key=hush');
  assert.equal(to.name, `http://***@127.0.0.1:${port}/`);
});

test('which answers are worth another attempt', async () => {
  let status = 0;
  const { port } = await listen((response) => response.writeHead(status).end('why not'));
  const to = receiver(`http://127.0.0.1:${port}`);
  for (const [given, passes] of [
    [500, true],
    [503, true],
    [429, true],
    [408, true],
    [400, false],
    [404, false],
    [413, false],
    [501, false],
    [307, false],
  ] as const) {
    status = given;
    const error = await failure(to.send(event('{}')));
    assert.equal(error.passes, passes, String(given));
    assert.match(error.message, new RegExp(`${given}`));
  }
});

test('a receiver that is not there, that hangs up, and that never answers', async () => {
  const closed = await listen((response) => response.end());
  for (const end of ends.splice(0)) await end();
  assert.equal((await failure(receiver(`http://127.0.0.1:${closed.port}`).send(event('{}')))).passes, true);

  const rude = await listen((response) => response.destroy());
  assert.equal((await failure(receiver(`http://127.0.0.1:${rude.port}`).send(event('{}')))).passes, true);

  const hanging = await listen(() => undefined);
  const error = await failure(receiver(`http://127.0.0.1:${hanging.port}`, 50).send(event('{}')));
  assert.equal(error.passes, true);
  assert.equal(error.message, 'no answer within 50 ms');
});

test('an answer that never ends is not waited for', async () => {
  const { port } = await listen((response) => {
    response.writeHead(200);
    const more = setInterval(() => response.write(Buffer.alloc(16_384)), 1);
    response.on('close', () => clearInterval(more));
  });
  const to = receiver(`http://127.0.0.1:${port}`, 2_000);
  await Promise.allSettled([to.send(event('{}')), to.send(event('{}')), to.send(event('{}'))]);
});

test('closing ends what is under way', async () => {
  const { port, posts } = await listen(() => undefined);
  const to = receiver(`http://127.0.0.1:${port}`, 60_000);
  const sending = failure(to.send(event('{}')));
  while (posts.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await to.close();
  await sending;
});
