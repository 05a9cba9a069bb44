import { execFile, type ExecFileException } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../../base/cache-folder.ts';
import { MillraceError } from '../../../base/errors.ts';
import { KAFKA_VERSION } from './kafka-version.ts';

const POM = fileURLToPath(new URL('./pom.xml', import.meta.url));
const DOWNLOAD_TIMEOUT_MS = 600_000;
const PARTIAL_AGE_MS = 3_600_000;

/**
 * The folder with Kafka's jars; the first call has Maven download them (43 MB) into the cache, checksums enforced.
 * A folder appears there complete or not at all, so processes that download at the same time do not disturb each other.
 * Throws `MAVEN_MISSING` and `KAFKA_DOWNLOAD_FAILED`.
 */
export async function kafkaJars(
  env: NodeJS.ProcessEnv,
  progress: (note: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const cache = cacheFolder(env);
  const folder = join(cache, `kafka-${KAFKA_VERSION}`);
  if (existsSync(folder)) return folder;
  progress(`downloading Apache Kafka ${KAFKA_VERSION} with Maven, 43 MB, once ...`);
  const partial = `${folder}.partial-${randomUUID()}`;
  try {
    await mkdir(partial, { recursive: true });
    await removeAbandoned(cache);
    await runMaven(partial, env, signal);
    await rename(partial, folder).catch((error: unknown) => {
      // Another process was quicker; its folder is as good.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}

function runMaven(output: string, env: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<void> {
  const args = [
    '--quiet',
    '--batch-mode',
    '--strict-checksums',
    `--file=${POM}`,
    `-Dkafka.version=${KAFKA_VERSION}`,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${output}`,
  ];
  return new Promise((resolve, reject) => {
    const limits = { timeout: DOWNLOAD_TIMEOUT_MS, maxBuffer: 16 << 20, ...(signal ? { signal } : {}) };
    execFile('mvn', args, { env, ...limits }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else if (error.name === 'AbortError') reject(error);
      else reject(mavenError(error, `${stdout}\n${stderr}`));
    });
  });
}

function mavenError(error: ExecFileException, printed: string): MillraceError {
  if (error.code === 'ENOENT') {
    return new MillraceError(`the embedded Kafka is not downloaded yet, and there is no Maven on PATH to do it`, {
      code: 'MAVEN_MISSING',
      remedy:
        'install Maven (Debian and Ubuntu: apt install maven; macOS: brew install maven); or set KAFKA_HOME to an unpacked Apache Kafka 4; or use a broker that runs elsewhere (KAFKA_BROKER=HOST:PORT)',
      cause: error,
    });
  }
  const lines = printed.split('\n').filter((line) => line.trim() !== '');
  const why = error.killed
    ? `it took longer than ${DOWNLOAD_TIMEOUT_MS / 60_000} minutes`
    : lines.slice(0, 8).join('\n');
  return new MillraceError(`Maven could not download Apache Kafka ${KAFKA_VERSION}: ${why}`, {
    code: 'KAFKA_DOWNLOAD_FAILED',
    remedy:
      'check the network and the mirrors in ~/.m2/settings.xml; or set KAFKA_HOME to an unpacked Apache Kafka 4; or use a broker that runs elsewhere (KAFKA_BROKER=HOST:PORT)',
    cause: error,
  });
}

/** Removes what downloads into the cache left that were killed more than an hour ago (`*.partial-*`). */
export async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.includes('.partial-')) continue;
    const path = join(cache, name);
    const info = await stat(path).catch(() => undefined);
    if (info && Date.now() - info.mtimeMs > PARTIAL_AGE_MS) await rm(path, { recursive: true, force: true });
  }
}
