// Third-party servers and clients for the tests come from PyPI, into the folder where Millrace keeps its Kafka too.
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../src/base/cache-folder.ts';
import { removeAbandoned } from '../../src/dev/kafka/install/kafka-jars.ts';
import { findPython, type Python } from './python.ts';

/** Each has an environment of its own: one needs protobuf 3 and numpy 1, the other newer ones. */
export type PeerPackages = 'mlserver' | 'seldon';

export interface Installed {
  /** The Python that has the packages. */
  readonly python: string;
  /** Why there is none; node:test takes it as its option. */
  readonly skip: string | false;
}

/** Of the making of an environment, downloads included. */
const INSTALL_LIMIT_MS = 600_000;
const PIP = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '--no-deps'];

/**
 * The Python of an environment with these packages; the first call makes it. The environment appears complete or not at all, so
 * runs that make it at the same time do not disturb each other.
 *
 * Without Python or pip the tests that need it are skipped with the reason. On CI (variable CI) that is an error instead, for
 * there somebody counts on them. MILLRACE_TEST_PEERS=0 skips them everywhere.
 */
export async function installPeers(packages: PeerPackages, env = process.env): Promise<Installed> {
  if (env['MILLRACE_TEST_PEERS'] === '0') return { python: '', skip: 'MILLRACE_TEST_PEERS is 0' };
  const found = await environmentOf(packages, env);
  if ('missing' in found) {
    const skip = `${found.missing}; the tests with servers and clients of others need it`;
    if (env['CI']) throw new Error(`${skip} (on CI they are not skipped; MILLRACE_TEST_PEERS=0 would)`);
    return { python: '', skip };
  }
  return { python: found.python, skip: false };
}

type Found = { readonly python: string } | { readonly missing: string };

async function environmentOf(packages: PeerPackages, env: NodeJS.ProcessEnv): Promise<Found> {
  const python = await findPython(env);
  if ('missing' in python) return python;
  const requirements = fileURLToPath(new URL(`requirements-${packages}.txt`, import.meta.url));
  const version = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const folder = join(cacheFolder(env), `python-${python.version}-${packages}-${version.slice(0, 12)}`);
  const program = join(folder, 'bin', 'python');
  if (existsSync(program)) return { python: program };
  const partial = `${folder}.partial-${randomUUID()}`;
  process.stderr.write(
    `note: installing ${packages} for Python ${python.version} with pip, once, about a minute ...\n`,
  );
  try {
    await mkdir(partial, { recursive: true });
    await removeAbandoned(cacheFolder(env));
    const problem = await install(python, partial, requirements, env);
    if (problem !== undefined) return { missing: `pip could not install ${packages}: ${problem}` };
    await rename(partial, folder).catch((error: unknown) => {
      // Another run was quicker; its environment is as good.
      if (!existsSync(program)) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return { python: program };
}

/** Makes an environment; what went wrong, or undefined. Programs in its bin folder name its present place, so they are not to be run. */
async function install(
  python: Python,
  folder: string,
  requirements: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const deadline = AbortSignal.timeout(INSTALL_LIMIT_MS);
  const made = await run(python.program, ['-m', 'venv', folder], env, deadline);
  if (made !== undefined) return made;
  const limits = ['--timeout', '30', '--retries', '2'];
  return run(join(folder, 'bin', 'python'), [...PIP, ...limits, '--requirement', requirements], env, deadline);
}

async function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  deadline: AbortSignal,
): Promise<string | undefined> {
  // A group of its own, for pip starts compilers and the like.
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = () => void (child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'));
  deadline.addEventListener('abort', end, { once: true });
  process.once('exit', end);
  try {
    const printed = Promise.all([text(child.stdout), text(child.stderr)]);
    const code = await new Promise<number | string | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => resolve(exitCode ?? signal));
    });
    if (code === 0) return undefined;
    if (deadline.aborted) return `it took longer than ${INSTALL_LIMIT_MS / 1_000} s`;
    const lines = (await printed).join('\n').split('\n');
    return lines
      .filter((line) => line.trim() !== '')
      .slice(-3)
      .join(' / ');
  } finally {
    deadline.removeEventListener('abort', end);
    process.off('exit', end);
  }
}
