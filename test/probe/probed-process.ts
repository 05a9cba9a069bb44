import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { ProcessSample } from './process-probe.ts';

const PROBE = fileURLToPath(new URL('./process-probe.ts', import.meta.url));
const LIMIT_MS = 120_000;

/** A place where a process that is started with `env` can be asked what it holds. */
export class ProbeSocket {
  readonly #dir = mkdtempSync(join(tmpdir(), 'millrace-probe-'));
  readonly #path = join(this.#dir, 'probe');

  /** What the process needs in its environment. */
  get env(): Readonly<Record<string, string>> {
    return { MILLRACE_PROBE_SOCKET: this.#path, NODE_OPTIONS: `--import=${PROBE}` };
  }

  /** Collects garbage in the process and measures it. */
  async sample(): Promise<ProcessSample> {
    const socket = connect(this.#path);
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error(`the process says nothing for ${LIMIT_MS} ms`)));
    return JSON.parse(await text(socket)) as ProcessSample;
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
