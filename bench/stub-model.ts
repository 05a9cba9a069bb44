// A model that computes nothing, in a process of its own: HTTP/1.1 with keep-alive over a bare socket, so that what is measured is
// the stream and not the model. Prints its port.
import { createServer } from 'node:net';

const ANSWER = Buffer.from('{"predictions":[[0.1,0.2,0.3,0.1,0.05,0.05,0.05,0.05,0.05,0.05]]}');
const RESPONSE = Buffer.concat([
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${ANSWER.length}\r\n\r\n`),
  ANSWER,
]);

const server = createServer((socket) => {
  socket.setNoDelay(true);
  let head = '';
  let bodyLeft = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    for (let at = 0; at < chunk.length;) {
      if (bodyLeft > 0) {
        const taken = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= taken;
        at += taken;
        if (bodyLeft === 0) socket.write(RESPONSE);
        continue;
      }
      const end = chunk.indexOf('\r\n\r\n', at);
      head += chunk.toString('latin1', at, end < 0 ? chunk.length : end);
      if (end < 0) break;
      at = end + 4;
      bodyLeft = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      head = '';
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
