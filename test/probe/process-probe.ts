// Loaded before a program (`node --import`), it tells those who ask at its socket what the process holds, after a collection of what it
// does not need any more.
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/** Amounts in bytes, and counts. */
export interface ProcessSample {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly arrayBufferBytes: number;
  /** Open files and sockets. */
  readonly descriptors: number;
  /** What keeps the process alive, by kind: sockets, timers, ... */
  readonly resources: Readonly<Record<string, number>>;
}

const path = process.env['MILLRACE_PROBE_SOCKET'];

if (path !== undefined && isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    // Finalizers run between collections.
    collect();
    setImmediate(() => {
      collect();
      socket.end(JSON.stringify(sample()));
    });
  });
  server.listen(path).unref();
}

function sample(): ProcessSample {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return {
    rssBytes: rss,
    heapBytes: heapUsed,
    externalBytes: external,
    arrayBufferBytes: arrayBuffers,
    descriptors: readdirSync('/proc/self/fd').length,
    resources,
  };
}
