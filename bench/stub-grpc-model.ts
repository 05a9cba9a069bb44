// A gRPC server that answers every call at once with 200 bytes, as cheaply as node:http2 can. Prints its port; ends with its standard
// input.
import { createServer } from 'node:http2';

const answer = Buffer.alloc(205, 1);
answer[0] = 0;
answer.writeUInt32BE(200, 1);

const server = createServer({ maxSessionMemory: Number.MAX_SAFE_INTEGER });
server.on('session', (session) => session.setLocalWindowSize(16 * 1024 * 1024));
server.on('stream', (stream) => {
  stream.on('error', () => undefined);
  stream.resume();
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(answer);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`${address.port}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
