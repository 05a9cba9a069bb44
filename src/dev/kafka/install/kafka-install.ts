import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../../base/errors.ts';
import { findJava } from './java.ts';
import { kafkaJars } from './kafka-jars.ts';

/** A Kafka that can be started. */
export interface KafkaInstall {
  readonly version: string;
  readonly java: string;
  /** As `java -cp` wants it. */
  readonly classPath: string;
}

/**
 * The Kafka to run: KAFKA_HOME's when that is set (4.0 or newer, an unpacked release), else the jars of the cache.
 * Throws what findJava and kafkaJars throw, and `KAFKA_HOME_INVALID`.
 */
export async function findKafka(
  env: NodeJS.ProcessEnv,
  progress: (note: string) => void,
  signal?: AbortSignal,
): Promise<KafkaInstall> {
  const java = await findJava(env);
  const home = env['KAFKA_HOME'] || undefined;
  const folder = home ? join(home, 'libs') : await kafkaJars(env, progress, signal);
  const version = kafkaVersionOf(await readdir(folder).catch(() => []));
  if (version === undefined || Number.parseInt(version, 10) < 4) {
    throw new MillraceError(
      version === undefined
        ? `${folder} holds no Apache Kafka`
        : `${folder} holds Apache Kafka ${version}, which is too old`,
      home
        ? {
            code: 'KAFKA_HOME_INVALID',
            remedy: `set KAFKA_HOME (now '${home}') to an unpacked Apache Kafka 4 release, or leave it out`,
          }
        : { code: 'KAFKA_CACHE_INVALID', remedy: `delete ${folder}; it is downloaded again` },
    );
  }
  return { version, java, classPath: join(folder, '*') };
}

/** The version that the broker's jar names (`kafka_2.13-4.1.1.jar`), or undefined when it is not among the files. */
export function kafkaVersionOf(files: readonly string[]): string | undefined {
  for (const file of files) {
    const match = /^kafka_\d+\.\d+-(\d+\.\d+\.\d+)\.jar$/.exec(file);
    if (match) return match[1];
  }
  return undefined;
}
