// A model that costs next to nothing and says 500 (gRPC: UNAVAILABLE) to every hundredth call. Prints its port; ends with its standard
// input.
//   node soak-model.ts rest|grpc
import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer, type AddressInfo, type Server } from 'node:net';

const FAILING_CALLS = 100;
const BODY = Buffer.from('{"predictions":[[0.1,0.2,0.3,0.1,0.05,0.05,0.05,0.05,0.05,0.05]]}');
const head = (status: string, length: number) =>
  Buffer.from(`HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`);
const GOOD = Buffer.concat([head('200 OK', BODY.length), BODY]);
const BAD = head('500 Internal Server Error', 0);
// An answer of 200 bytes in a field that PredictResponse does not have, behind its prefix.
const MESSAGE = Buffer.concat([Buffer.from([0, 0, 0, 0, 203, 0x7a, 0xc8, 0x01]), Buffer.alloc(200)]);

let calls = 0;
const fails = () => ++calls % FAILING_CALLS === 0;

/** HTTP/1.1 over a bare socket: requests have a length, and come one after the other. */
function restModel(): Server {
  return createServer((socket) => {
    let rest = '';
    let bodyLeft = 0;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      for (let at = 0; at < chunk.length;) {
        if (bodyLeft === 0) {
          const end = chunk.indexOf('\r\n\r\n', at);
          rest += chunk.toString('latin1', at, end < 0 ? chunk.length : end);
          if (end < 0) return;
          at = end + 4;
          bodyLeft = Number(/content-length: *(\d+)/i.exec(rest)?.[1] ?? 0);
          rest = '';
          continue;
        }
        const taken = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= taken;
        at += taken;
        if (bodyLeft === 0) socket.write(fails() ? BAD : GOOD);
      }
    });
  });
}

function grpcModel(): Server {
  const server = createHttp2Server({ maxSessionMemory: Number.MAX_SAFE_INTEGER });
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    stream.resume();
    stream.on('end', () => {
      if (fails()) {
        return stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '14' },
          { endStream: true },
        );
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(MESSAGE);
    });
  });
  return server;
}

const server = process.argv[2] === 'grpc' ? grpcModel() : restModel();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`${JSON.stringify({ answer: (server.address() as AddressInfo).port })}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
