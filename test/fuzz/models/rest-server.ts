import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RestPlan } from './rest-plan.ts';

/** A model over HTTP/1.1 on a bare socket, where anything can be answered. Requests have a length, as undici's do. */
export function restServer(planOf: (body: Buffer) => RestPlan): Server {
  return createServer((socket) => {
    let received: Buffer = Buffer.alloc(0);
    let answering = Promise.resolve();
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      for (;;) {
        const head = received.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = /\r\ncontent-length: *(\d+)/i.exec(received.toString('latin1', 0, head))?.[1];
        const end = head + 4 + Number(length ?? 0);
        if (received.length < end) return;
        const body = received.subarray(head + 4, end);
        received = received.subarray(end);
        answering = answering.then(async () => answer(socket, planOf(body)));
      }
    });
  });
}

async function answer(socket: Socket, plan: RestPlan): Promise<void> {
  if (plan.delayMs > 0) await sleep(plan.delayMs);
  const { body } = plan;
  switch (plan.way) {
    case 'whole':
      return void socket.write(Buffer.concat([head(plan, body.length), body]));
    case 'chunked':
      return void socket.write(Buffer.concat([head(plan), ...chunks(body), Buffer.from('0\r\n\r\n')]));
    case 'in pieces':
      return inPieces(socket, Buffer.concat([head(plan, body.length), body]));
    case 'after hints':
      return void socket.write(Buffer.concat([HINTS, head(plan, body.length), body]));
    case 'unasked continue':
      return void socket.write(Buffer.concat([CONTINUE, head(plan, body.length), body]));
    case 'cut short':
      return void socket.end(Buffer.concat([head(plan, body.length + 100), body]));
    case 'closed':
      return void socket.end();
    case 'reset':
      return void socket.resetAndDestroy();
    case 'no HTTP':
      return void socket.write(Buffer.concat([Buffer.from('HTP/1.1 200 OK\r\n\r\n'), body]));
    case 'twice':
      return void socket.write(Buffer.concat([head(plan, body.length), body, head(plan, body.length), body]));
    case 'bad chunk':
      return void socket.write(Buffer.concat([head(plan), Buffer.from('zz\r\n'), body]));
    case 'large head':
      return void socket.write(Buffer.concat([head(plan, body.length, `X-Large: ${'x'.repeat(100_000)}\r\n`), body]));
    case 'upgrade':
      return void socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n');
    case 'never':
      return;
  }
}

const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');
const HINTS = Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n');

/** The head of an answer; chunked where no length is given. */
function head({ status, headers }: RestPlan, length?: number, more = ''): Buffer {
  const framing = length === undefined ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  return Buffer.from(`HTTP/1.1 ${status} x\r\n${[...headers, framing].join('\r\n')}\r\n${more}\r\n`);
}

function chunks(body: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0, size = 1; at < body.length; at += size, size *= 3) {
    const part = body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return parts;
}

async function inPieces(socket: Socket, bytes: Buffer): Promise<void> {
  for (const at of [0, 1, 20, 60].filter((start) => start < bytes.length)) {
    socket.write(bytes.subarray(at, at === 0 ? 1 : at === 1 ? 20 : at === 20 ? 60 : undefined));
    await sleep(1);
  }
}
