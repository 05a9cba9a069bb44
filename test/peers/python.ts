import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What the pinned packages of test/peers run on: newer ones than 3.12 have no MLServer and no numpy 1. */
const MINORS: readonly number[] = [11, 12];
const CHECK_TIMEOUT_MS = 60_000;

export interface Python {
  readonly program: string;
  /** Such as `3.11`. */
  readonly version: string;
}

/** A Python of the right version on PATH that can make virtual environments; or the reason why there is none. */
export async function findPython(env: NodeJS.ProcessEnv): Promise<Python | { readonly missing: string }> {
  const seen: string[] = [];
  for (const name of ['python3', ...MINORS.map((minor) => `python3.${minor}`)]) {
    const script = 'import sys, venv, ensurepip; print(sys.executable, *sys.version_info[:2], sep="\\n")';
    const printed = await promisify(execFile)(name, ['-c', script], { env, timeout: CHECK_TIMEOUT_MS }).then(
      ({ stdout }) => stdout.trim().split('\n'),
      () => undefined,
    );
    const [program, major, minor] = printed ?? [];
    if (program === undefined || major === undefined || minor === undefined) continue;
    if (major === '3' && MINORS.includes(Number(minor))) return { program, version: `3.${minor}` };
    seen.push(`${name} is ${major}.${minor}`);
  }
  const found = seen.length === 0 ? '' : ` (${seen.join(', ')})`;
  const wanted = MINORS.map((minor) => `3.${minor}`).join(' or ');
  return { missing: `there is no Python ${wanted} with venv and pip on PATH${found}` };
}
