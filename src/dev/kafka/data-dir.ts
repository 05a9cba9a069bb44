import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { errorText, MillraceError } from '../../base/errors.ts';

/** A broker's directory: its configuration, its log and, under `data` and `metadata`, what it stores. */
export interface DataDir {
  readonly path: string;
  readonly logDir: string;
  readonly metadataDir: string;
  readonly clusterId: string;
  /** Made for this run: goes when the broker goes. */
  readonly temporary: boolean;
}

interface Mark {
  readonly kafkaVersion: string;
  readonly clusterId: string;
  readonly nodeId: number;
}

const MARK_FILE = 'millrace-kafka.json';

/** A cluster id as Kafka makes them: 16 random bytes in base64url. */
export function newClusterId(): string {
  // Kafka refuses ids that begin with a dash.
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

/** A directory for one run. */
export async function temporaryDataDir(clusterId = newClusterId()): Promise<DataDir> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-kafka-'));
  return dataDirAt(path, clusterId, true);
}

/**
 * A directory that stays: new or empty, or one that an earlier run left. Throws `DATA_DIR_FOREIGN` when it holds something
 * else and `DATA_DIR_NEWER` when a newer Kafka wrote it.
 */
export async function openDataDir(given: string, kafkaVersion: string, nodeId = 1): Promise<DataDir> {
  const path = resolve(given);
  const found = await readMark(path);
  if (found && found.nodeId !== nodeId) throw foreign(path, `is node ${found.nodeId} of another cluster`);
  if (found && compareVersions(found.kafkaVersion, kafkaVersion) > 0) {
    throw new MillraceError(`${path} was written by Kafka ${found.kafkaVersion}; this is Kafka ${kafkaVersion}`, {
      code: 'DATA_DIR_NEWER',
      remedy: 'choose another directory, or set KAFKA_HOME to a Kafka that is as new',
    });
  }
  const mark: Mark = { kafkaVersion, clusterId: found?.clusterId ?? newClusterId(), nodeId };
  const dir = dataDirAt(path, mark.clusterId, false);
  const stored = await storedIdentity(dir);
  if (stored && (stored.clusterId !== mark.clusterId || stored.nodeId !== String(nodeId))) {
    throw foreign(path, `holds the data of another cluster (${stored.clusterId}, node ${stored.nodeId})`);
  }
  await writeFile(join(path, MARK_FILE), `${JSON.stringify(mark, null, 2)}\n`);
  return dir;
}

/** Whether Kafka has formatted the directory already. */
export async function isFormatted(dir: DataDir): Promise<boolean> {
  return (await storedIdentity(dir)) !== undefined;
}

/** Removes what was made for one run; a directory that was given stays. */
export async function discardDataDir(dir: DataDir): Promise<void> {
  if (dir.temporary) await rm(dir.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

function dataDirAt(path: string, clusterId: string, temporary: boolean): DataDir {
  return { path, logDir: join(path, 'data'), metadataDir: join(path, 'metadata'), clusterId, temporary };
}

async function readMark(path: string): Promise<Mark | undefined> {
  let names: string[];
  try {
    await mkdir(path, { recursive: true });
    names = await readdir(path);
  } catch (cause) {
    throw new MillraceError(`cannot use ${path} as data directory: ${errorText(cause)}`, {
      code: 'DATA_DIR_UNUSABLE',
      remedy: 'choose a directory that you may write to',
      cause,
    });
  }
  if (!names.includes(MARK_FILE)) {
    if (names.length > 0) throw foreign(path, 'holds files that are not of an embedded Kafka');
    return undefined;
  }
  try {
    const mark = JSON.parse(await readFile(join(path, MARK_FILE), 'utf8')) as Partial<Mark>;
    const { kafkaVersion, clusterId, nodeId } = mark;
    if (typeof kafkaVersion === 'string' && typeof clusterId === 'string' && typeof nodeId === 'number') {
      return { kafkaVersion, clusterId, nodeId };
    }
  } catch {
    // Reported below with the file's name.
  }
  throw foreign(path, `has a ${MARK_FILE} that cannot be read`);
}

async function storedIdentity(dir: DataDir): Promise<{ clusterId: string; nodeId: string } | undefined> {
  const file = join(dir.logDir, 'meta.properties');
  if (!existsSync(file)) return undefined;
  const text = await readFile(file, 'utf8');
  const valueOf = (key: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1);
  return { clusterId: valueOf('cluster.id') ?? '', nodeId: valueOf('node.id') ?? '' };
}

function foreign(path: string, what: string): MillraceError {
  return new MillraceError(`${path} ${what}`, {
    code: 'DATA_DIR_FOREIGN',
    remedy: 'choose an empty or a new directory, or one that an embedded Kafka of Millrace has made',
  });
}

function compareVersions(left: string, right: string): number {
  const parts = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [parts(left), parts(right)];
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
