import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy } from '../../chaos/arena/tcp-proxy.ts';
import { until } from '../../until.ts';

/** A server that says everything again, behind a proxy. */
async function setUp(context: TestContext) {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await TcpProxy.listen();
  proxy.target = (server.address() as AddressInfo).port;
  const sockets: Socket[] = [];
  context.after(async () => {
    for (const socket of sockets) socket.destroy();
    await proxy.close();
    server.close();
  });
  const client = async () => {
    const socket = connect({ host: '127.0.0.1', port: proxy.port });
    sockets.push(socket);
    const state = { socket, heard: '', ended: '' };
    socket.on('data', (chunk: Buffer) => (state.heard += chunk.toString()));
    socket.on('error', (error: NodeJS.ErrnoException) => (state.ended = error.code ?? error.message));
    socket.on('close', () => (state.ended ||= 'closed'));
    await once(socket, 'connect');
    return state;
  };
  return { proxy, client };
}

test('open: bytes pass in both directions, and so does an end', async (context) => {
  const { proxy, client } = await setUp(context);
  const one = await client();
  const text = 'x'.repeat(3_000_000);
  one.socket.write(text);
  await until('all has come back', () => one.heard.length === text.length);
  one.socket.end();
  await until('it has ended', () => one.ended === 'closed');
  await until('nothing is left', () => proxy.connections === 0);
});

test('cut: connections are reset, new ones too, until it is open', async (context) => {
  const { proxy, client } = await setUp(context);
  const one = await client();
  one.socket.write('a');
  await until('it works', () => one.heard === 'a');
  proxy.cut();
  await until('it is reset', () => one.ended === 'ECONNRESET');
  const other = await client().catch((error: NodeJS.ErrnoException) => ({ heard: '', ended: error.code }));
  await until('a new one too', () => other.ended === 'ECONNRESET');
  proxy.open();
  const third = await client();
  third.socket.write('b');
  await until('it works again', () => third.heard === 'b');
});

test('swallowing: nothing arrives, nobody is told; later it all does, or the connection is reset', async (context) => {
  const { proxy, client } = await setUp(context);
  const [kept, reset] = [await client(), await client()];
  for (const { socket } of [kept, reset]) socket.write('a');
  await until('they work', () => kept.heard === 'a' && reset.heard === 'a');
  proxy.swallow();
  kept.socket.write('b');
  const fresh = await client();
  fresh.socket.write('c');
  await sleep(100);
  assert.deepEqual([kept.heard, kept.ended, fresh.heard, fresh.ended], ['a', '', '', '']);
  proxy.open();
  await until('it arrives', () => kept.heard === 'ab' && fresh.heard === 'c');
  proxy.swallow();
  reset.socket.write('d');
  proxy.open(true);
  await until('it is reset', () => reset.ended === 'ECONNRESET' && kept.ended === 'ECONNRESET');
  assert.equal(reset.heard, 'a');
});

test('slow: bytes come late, in order, and all of them, also when the line is quick again', async (context) => {
  const { proxy, client } = await setUp(context);
  proxy.slow({ delayMs: 40, bytesPerSecond: 100_000 });
  const one = await client();
  const begun = performance.now();
  one.socket.write('0123456789'.repeat(1_000));
  await until('the first come', () => one.heard.length > 0);
  // There and back again, 10 kB at 100 kB/s each way.
  assert.ok(performance.now() - begun >= 180, `${performance.now() - begun} ms`);
  one.socket.write('abc'.repeat(1_000));
  proxy.open();
  one.socket.write('!');
  await until('all has come', () => one.heard.endsWith('!'));
  assert.equal(one.heard, `${'0123456789'.repeat(1_000)}${'abc'.repeat(1_000)}!`);
});
