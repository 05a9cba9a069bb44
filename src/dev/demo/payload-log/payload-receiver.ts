import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { payloadKind, type LoggedPayload, type PayloadLog } from './logged-payload.ts';

/** A service that takes the CloudEvents of a payload log, on a free port of this machine. */
export async function startPayloadReceiver(): Promise<PayloadLog> {
  const payloads: LoggedPayload[] = [];
  const server = createServer((request, response) => {
    const header = (name: string) => String(request.headers[name] ?? '');
    const take = async () => {
      payloads.push({
        kind: payloadKind(header('ce-type')),
        node: header('ce-modelid'),
        requestId: header('ce-requestid'),
        order: Date.parse(header('ce-time')),
        body: await buffer(request),
      });
      response.writeHead(202).end();
    };
    take().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return {
    env: { REQUEST_LOGGER_DEFAULT_ENDPOINT: url },
    title: `a service at ${url}`,
    payloads,
    // What it has answered it has.
    caughtUp: () => Promise.resolve(),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
