import { test } from 'node:test';
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '../../../../src/base/errors.ts';
import { findJava, parseJavaVersion } from '../../../../src/dev/kafka/install/java.ts';
import { findKafka, kafkaVersionOf } from '../../../../src/dev/kafka/install/kafka-install.ts';

function temporary(t: { after(fn: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-unit-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function fakeJava(home: string, says: string): void {
  mkdirSync(join(home, 'bin'), { recursive: true });
  writeFileSync(join(home, 'bin', 'java'), `#!/bin/sh\necho '${says}' >&2\n`);
  chmodSync(join(home, 'bin', 'java'), 0o755);
}

const withCode = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof MillraceError && error.code === code && text.test(`${error.message} ${error.remedy}`);

test('reads the major version out of what java -version prints', () => {
  const versions: readonly [string, number | undefined][] = [
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_392"', 8],
    ['openjdk version "21" 2023-09-19', 21],
    ['openjdk version "25-ea" 2025-09-16', 25],
    ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "11.0.2" 2019-01-15', 11],
    ['command not found', undefined],
  ];
  for (const [text, version] of versions) assert.equal(parseJavaVersion(text), version, text);
});

test('JAVA_HOME wins over PATH', async (t) => {
  const home = temporary(t);
  fakeJava(home, 'openjdk version "21.0.1" 2023-10-17');
  assert.equal(await findJava({ JAVA_HOME: home, PATH: '/nonexistent' }), join(home, 'bin', 'java'));
});

test('a missing and an old Java are named, with what to install', async (t) => {
  await assert.rejects(
    findJava({ PATH: '/nonexistent' }),
    withCode('JAVA_MISSING', /on PATH .*install a Java runtime, 17/),
  );
  await assert.rejects(
    findJava({ JAVA_HOME: '/nonexistent' }),
    withCode('JAVA_MISSING', /JAVA_HOME \(\/nonexistent\)/),
  );
  const home = temporary(t);
  fakeJava(home, 'java version "1.8.0_392"');
  await assert.rejects(
    findJava({ JAVA_HOME: home }),
    withCode('JAVA_TOO_OLD', /needs Java 17 or newer; in JAVA_HOME .* is Java 8/),
  );
});

test('without Maven and without the jars it says how to get either', async (t) => {
  const home = temporary(t);
  fakeJava(home, 'openjdk version "17.0.15" 2025-04-15');
  const notes: string[] = [];
  const env = { JAVA_HOME: home, PATH: '/nonexistent', MILLRACE_CACHE: join(home, 'cache') };
  await assert.rejects(
    findKafka(env, (note) => notes.push(note)),
    withCode('MAVEN_MISSING', /no Maven on PATH .*install Maven.*KAFKA_HOME.*KAFKA_BROKER/),
  );
  assert.deepEqual(notes, ['downloading Apache Kafka 4.1.1 with Maven, 43 MB, once ...']);
});

test('a Maven that fails leaves no half-filled folder, and its words are shown', async (t) => {
  const home = temporary(t);
  fakeJava(home, 'openjdk version "17.0.15" 2025-04-15');
  writeFileSync(join(home, 'bin', 'mvn'), '#!/bin/sh\necho "[ERROR] cannot resolve kafka"\nexit 1\n');
  chmodSync(join(home, 'bin', 'mvn'), 0o755);
  const cache = join(home, 'cache');
  const env = { JAVA_HOME: home, PATH: `${join(home, 'bin')}:/usr/bin:/bin`, MILLRACE_CACHE: cache };
  const find = async () => findKafka(env, () => undefined);
  await assert.rejects(find, withCode('KAFKA_DOWNLOAD_FAILED', /\[ERROR\] cannot resolve kafka/));
  assert.deepEqual(readdirSync(cache), []);
  await assert.rejects(find, withCode('KAFKA_DOWNLOAD_FAILED', /settings\.xml/));
});

test('processes that download at the same time all get the whole folder', async (t) => {
  const home = temporary(t);
  fakeJava(home, 'openjdk version "17.0.15" 2025-04-15');
  const mvn = `#!/bin/sh
for argument; do case $argument in -DoutputDirectory=*) out=\${argument#*=} ;; esac; done
touch "$out/kafka_2.13-4.1.1.jar"; sleep 0.1; touch "$out/z.jar"
`;
  writeFileSync(join(home, 'bin', 'mvn'), mvn);
  chmodSync(join(home, 'bin', 'mvn'), 0o755);
  const env = { JAVA_HOME: home, PATH: `${join(home, 'bin')}:/usr/bin:/bin`, MILLRACE_CACHE: join(home, 'cache') };
  const found = await Promise.all([1, 2, 3].map(async () => findKafka(env, () => undefined)));
  for (const install of found) {
    assert.equal(install.version, '4.1.1');
    assert.equal(install.classPath, join(home, 'cache', 'kafka-4.1.1', '*'));
  }
});

test('KAFKA_HOME must hold a Kafka that is new enough', async (t) => {
  const home = temporary(t);
  fakeJava(home, 'openjdk version "17.0.15" 2025-04-15');
  const find = async () => findKafka({ JAVA_HOME: home, KAFKA_HOME: home }, () => undefined);
  await assert.rejects(find, withCode('KAFKA_HOME_INVALID', /holds no Apache Kafka .*set KAFKA_HOME/));
  mkdirSync(join(home, 'libs'));
  writeFileSync(join(home, 'libs', 'kafka_2.13-3.9.0.jar'), '');
  await assert.rejects(find, withCode('KAFKA_HOME_INVALID', /Kafka 3\.9\.0, which is too old/));
  rmSync(join(home, 'libs', 'kafka_2.13-3.9.0.jar'));
  writeFileSync(join(home, 'libs', 'kafka_2.13-4.2.0.jar'), '');
  assert.deepEqual(await find(), {
    version: '4.2.0',
    java: join(home, 'bin', 'java'),
    classPath: join(home, 'libs', '*'),
  });
});

test('the version is the broker jar’s', () => {
  assert.equal(kafkaVersionOf(['kafka-clients-4.1.1.jar', 'kafka_2.13-4.1.1.jar']), '4.1.1');
  assert.equal(kafkaVersionOf(['kafka-clients-4.1.1.jar']), undefined);
});
