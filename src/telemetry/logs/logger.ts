import { Writable } from 'node:stream';
import { pino, type DestinationStream, type Logger } from 'pino';
import { peopleLine } from './people-line.ts';

export type { Logger } from 'pino';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  /** `json`: one object a line, with the field names of Seldon's executor. `people`: one readable line. */
  readonly format: 'json' | 'people';
  /** Standard error unless a test wants to read it. */
  readonly destination?: DestinationStream;
}

/** The process's logger, on standard error. Parts of the program take children: `logger.child({ logger: 'kafka' })`. */
export function createLogger({ level, format, destination }: LogOptions): Logger {
  // Synchronous: what was logged last before an exit is what explains it.
  const out = destination ?? pino.destination({ fd: 2, sync: true });
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"ts":${Date.now() / 1000}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    format === 'people' ? forPeople(out) : out,
  );
}

function forPeople(out: DestinationStream): DestinationStream {
  const colours = out === process.stderr || process.stderr.isTTY === true;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) if (line !== '') out.write(`${peopleLine(line, colours)}\n`);
      done();
    },
  });
}
