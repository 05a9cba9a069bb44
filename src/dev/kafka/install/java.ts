import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MillraceError } from '../../../base/errors.ts';

/** Kafka 4 runs on nothing older. */
const OLDEST_JAVA = 17;
const CHECK_TIMEOUT_MS = 60_000;

const REMEDY =
  `install a Java runtime, ${OLDEST_JAVA} or newer (Debian and Ubuntu: apt install default-jre-headless; macOS: brew install openjdk), ` +
  'and put it on PATH or set JAVA_HOME; or use a broker that runs elsewhere (KAFKA_BROKER=HOST:PORT)';

/** The major version in what `java -version` prints: 17 of `17.0.15`, 8 of `1.8.0_392`; undefined when there is none. */
export function parseJavaVersion(text: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return match ? Number(match[1]) : undefined;
}

/**
 * The `java` to run: of JAVA_HOME when that is set, else the first on PATH.
 * Throws `JAVA_MISSING` or `JAVA_TOO_OLD`, which say what to install.
 */
export async function findJava(env: NodeJS.ProcessEnv): Promise<string> {
  const home = env['JAVA_HOME'] || undefined;
  const java = home ? join(home, 'bin', 'java') : 'java';
  const where = home ? `in JAVA_HOME (${home})` : 'on PATH';
  let printed: string;
  try {
    const result = await promisify(execFile)(java, ['-version'], { env, timeout: CHECK_TIMEOUT_MS });
    printed = result.stderr + result.stdout;
  } catch (cause) {
    throw new MillraceError(`the embedded Kafka needs Java and there is none that works ${where}`, {
      code: 'JAVA_MISSING',
      remedy: REMEDY,
      cause,
    });
  }
  const version = parseJavaVersion(printed);
  if (version === undefined || version < OLDEST_JAVA) {
    const found = version === undefined ? `something else (${printed.split('\n')[0] ?? ''})` : `Java ${version}`;
    throw new MillraceError(`the embedded Kafka needs Java ${OLDEST_JAVA} or newer; ${where} is ${found}`, {
      code: 'JAVA_TOO_OLD',
      remedy: REMEDY,
    });
  }
  return java;
}
