// A model that computes nothing, in a process of its own: HTTP/1.1 with keep-alive over a bare socket, so that what is measured is
// the stream and not the model. It answers with a row for each row of `instances` (flat rows). Prints its port.
import { createServer } from 'node:net';

const ROW = '[0.1,0.2,0.3,0.1,0.05,0.05,0.05,0.05,0.05,0.05]';
const OPEN_BRACKET = 0x5b;
const responses = new Map<number, Buffer>();

function response(rows: number): Buffer {
  const known = responses.get(rows);
  if (known !== undefined) return known;
  const answer = `{"predictions":[${Array.from({ length: rows }, () => ROW).join(',')}]}`;
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${answer.length}\r\n\r\n`;
  const made = Buffer.from(head + answer);
  responses.set(rows, made);
  return made;
}

function brackets(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(OPEN_BRACKET); at >= 0; at = chunk.indexOf(OPEN_BRACKET, at + 1)) count++;
  return count;
}

const server = createServer((socket) => {
  socket.setNoDelay(true);
  let head = '';
  let bodyLeft = 0;
  let seen = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    for (let at = 0; at < chunk.length;) {
      if (bodyLeft > 0) {
        const taken = Math.min(bodyLeft, chunk.length - at);
        seen += brackets(chunk.subarray(at, at + taken));
        bodyLeft -= taken;
        at += taken;
        if (bodyLeft > 0) continue;
        // One bracket is that of the list.
        socket.write(response(seen - 1));
        seen = 0;
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
