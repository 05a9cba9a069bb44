import assert from 'node:assert/strict';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { MillraceError } from '../../../../src/base/errors.ts';
import { startHttpServer } from '../../../../src/rpc/http/http-server.ts';
import type { RpcServer } from '../../../../src/rpc/rpc-server.ts';
import { metricsRoute } from '../../../../src/rpc/http/routes/metrics-route.ts';
import { probeRoutes } from '../../../../src/rpc/http/routes/probe-routes.ts';
import type { Route } from '../../../../src/rpc/http/route.ts';
import type { Readiness } from '../../../../src/rpc/readiness.ts';

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Given {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function ask(port: number, path: string, { method = 'GET', headers = {}, body }: Given = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      text(response).then(
        (received) => resolve({ status: response.statusCode, headers: response.headers, body: received }),
        reject,
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const CORS = { allowedOrigins: '*', allowedHeaders: 'Accept' };

function start(routes: readonly Route[], other: Partial<Parameters<typeof startHttpServer>[0]> = {}) {
  const deployment = { deploymentName: 'dep', namespace: 'ns' };
  const options = { host: '::', port: 0, cors: CORS, deployment, maxRequestBytes: 1_000, ...other };
  return startHttpServer(options, routes);
}

async function using(server: RpcServer, use: (port: number) => Promise<void>): Promise<void> {
  try {
    await use(server.port);
  } finally {
    await server.close(1_000);
  }
}

async function withServer(
  readiness: () => Readiness,
  use: (port: number) => Promise<void>,
  stuck: readonly string[] = [],
): Promise<void> {
  const metrics = { contentType: 'text/plain; version=0.0.4', render: async () => 'up 1\n' };
  const server = await start([
    ...probeRoutes(readiness, () => stuck),
    metricsRoute('/prometheus', metrics),
    {
      path: '/only-post',
      methods: ['OPTIONS', 'POST'],
      handler: () => ({ status: 200, body: 'posted', contentType: 'text/plain' }),
    },
  ]);
  await using(server, use);
}

const READY: Readiness = { ready: true, reasons: [] };

test('/live is 200 and empty, whatever the method and the readiness', async () => {
  await withServer(
    () => ({ ready: false, reasons: ['away'] }),
    async (port) => {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
        const { status, body } = await ask(port, '/live', { method });
        assert.deepEqual([status, body], [200, ''], method);
      }
    },
  );
});

test('/live is 503 with the reasons while the process is stuck', async () => {
  await withServer(
    () => READY,
    async (port) => {
      const { status, body } = await ask(port, '/live');
      assert.deepEqual([status, body], [503, '{"live":false,"reasons":["nothing moves"]}']);
      assert.equal((await ask(port, '/ready')).status, 200);
    },
    ['nothing moves'],
  );
});

test('/ready is 200 or 503 with an empty body, and says why when asked', async () => {
  let state = READY;
  await withServer(
    () => state,
    async (port) => {
      assert.deepEqual((await ask(port, '/ready')).status, 200);
      state = { ready: false, reasons: ['the graph is away'] };
      const plain = await ask(port, '/ready', { headers: { accept: '*/*' } });
      assert.deepEqual([plain.status, plain.body], [503, '']);
      const asked: Given[] = [{ headers: { accept: 'text/html, application/json;q=0.9' } }, {}];
      for (const [index, path] of ['/ready', '/ready?verbose'].entries()) {
        const { status, body } = await ask(port, path, asked[index]);
        assert.equal(status, 503);
        assert.deepEqual(JSON.parse(body), state);
      }
    },
  );
});

test('bodies that are no JSON, whatever they claim to be, do not disturb a probe', async () => {
  await withServer(
    () => READY,
    async (port) => {
      for (const type of ['application/json', 'text/plain', 'nonsense', '']) {
        const { status } = await ask(port, '/ready', { method: 'POST', headers: { 'content-type': type }, body: '{' });
        assert.equal(status, 200, type);
      }
    },
  );
});

test('the metrics are at their path with their content type', async () => {
  await withServer(
    () => READY,
    async (port) => {
      const { status, headers, body } = await ask(port, '/prometheus');
      assert.deepEqual([status, headers['content-type'], body], [200, 'text/plain; version=0.0.4', 'up 1\n']);
      assert.equal((await ask(port, '/metrics')).status, 404);
    },
  );
});

test("routed answers carry Seldon's headers, a given puid is kept", async () => {
  await withServer(
    () => READY,
    async (port) => {
      const made = await ask(port, '/live');
      assert.match(
        String(made.headers['seldon-puid']),
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      assert.equal(made.headers['x-content-type-options'], 'nosniff');
      assert.equal(made.headers['access-control-allow-origin'], '*');
      assert.equal(made.headers['access-control-allow-headers'], 'Accept');
      assert.equal((await ask(port, '/live', { headers: { 'Seldon-Puid': 'mine' } })).headers['seldon-puid'], 'mine');
    },
  );
});

test('an unknown path is 404 and a wrong method 405, without those headers', async () => {
  await withServer(
    () => READY,
    async (port) => {
      for (const path of ['/', '/ping', '/live/', '/api/v1.0/predictions', '/v2/health/live']) {
        const { status, body, headers } = await ask(port, path);
        assert.deepEqual([status, body, headers['seldon-puid']], [404, '404 page not found\n', undefined], path);
        assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
      }
      const wrong = await ask(port, '/only-post');
      assert.deepEqual([wrong.status, wrong.body, wrong.headers.allow], [405, '', 'OPTIONS, POST']);
      assert.equal((await ask(port, '/only-post', { method: 'POST', body: 'x' })).body, 'posted');
      const preflight = await ask(port, '/only-post', { method: 'OPTIONS' });
      assert.deepEqual([preflight.status, preflight.body], [200, '']);
    },
  );
});

test('a port in use stops the start and says what to do', async () => {
  await withServer(
    () => READY,
    async (port) => {
      await assert.rejects(start([], { port }), (error) => {
        assert.ok(error instanceof MillraceError);
        assert.equal(error.message, `failed to create listener: port ${port}: address already in use`);
        assert.match(error.remedy ?? '', /choose another port/);
        return true;
      });
    },
  );
});

test('an address of another machine is named', async () => {
  await assert.rejects(start([], { host: '192.0.2.1' }), /failed to create listener/);
});

test('closing does not wait for a request that never ends', async () => {
  const arrived = Promise.withResolvers<void>();
  const handler = () => {
    arrived.resolve();
    return new Promise<never>(() => undefined);
  };
  const server = await start([{ path: '/never', methods: 'any', handler }]);
  const answer = assert.rejects(ask(server.port, '/never'), { code: 'ECONNRESET' });
  await arrived.promise;
  assert.equal(await server.close(50), false);
  await answer;
});
