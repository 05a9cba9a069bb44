import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { MillraceError } from '../../../src/base/errors.ts';
import { parseOverride, resolveEnvironment, type EnvironmentOptions } from '../../../src/deployment/environment.ts';
import { parse, SAMPLE } from './sample.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-environment-'));
after(() => rmSync(directory, { recursive: true }));

function secret(name: string, content: string | Uint8Array): void {
  const file = join(directory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function environmentOf(env: string, options: EnvironmentOptions = {}, annotations = '{}') {
  const text = SAMPLE.replace(/ {8}env:\n[^]*?(?= {6}graph:)/, () => `        env: ${env}\n`);
  const deployment = parse(text.replace('  protocol', () => `  annotations: ${annotations}\n  protocol`));
  const [predictor] = deployment.spec.predictors;
  return resolveEnvironment(deployment, predictor ?? assert.fail(), { secretsDirectory: directory, ...options });
}

/** An entry with a secret's key. */
const from = (name: string, object: string, key: string, more = '') =>
  `{name: ${name}, valueFrom: {secretKeyRef: {name: '${object}', key: '${key}'${more}}}}`;

suite('the environment of an orchestrator', () => {
  test('has plain values in order, the last of one name winning', () => {
    assert.deepEqual(environmentOf('[{name: A, value: x}, {name: B}, {name: A, value: y}]'), { A: 'y', B: '' });
  });

  test('expands references as Kubernetes does', () => {
    const env = `[{name: A, value: $(B)}, {name: B, value: b}, {name: C, value: '$(B)-$(NONE)-$$(B)-$B-$$-$(B'}]`;
    assert.deepEqual(environmentOf(env), { A: '$(B)', B: 'b', C: 'b-$(NONE)-$(B)-$B-$-$(B' });
  });

  test('takes secrets and config maps from files, and does not expand them', () => {
    secret('user/pass.word', 'a$(A)b\n');
    secret('user/cert', '-----BEGIN-----\nx\n-----END-----\n');
    const env = `[{name: A, value: a}, ${from('B', 'user', 'pass.word')}, {name: C, valueFrom: {configMapKeyRef: {name: user, key: cert}}}]`;
    assert.deepEqual(environmentOf(env), { A: 'a', B: 'a$(A)b', C: '-----BEGIN-----\nx\n-----END-----\n' });
  });

  test('leaves out an optional key that is absent', () => {
    assert.deepEqual(environmentOf(`[${from('A', 'user', 'absent', ', optional: true')}]`), {});
    assert.deepEqual(
      environmentOf(`[${from('A', 'u', 'k', ', optional: true')}]`, { secretsDirectory: undefined }),
      {},
    );
  });

  test('knows the pod and its namespace', () => {
    const env =
      '[{name: A, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}, {name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]';
    assert.deepEqual(environmentOf(env, { podName: 'pod-0' }), { A: 'vision', B: 'pod-0' });
  });

  test('gets variables from annotations, the predictor going first', () => {
    const annotations =
      '{seldon.io/engine-log-level: DEBUG, seldon.io/engine-a: other, seldon.io/engine-separate-pod: "true", x: y}';
    assert.deepEqual(environmentOf('[{name: A, value: x}]', {}, annotations), { A: 'x', LOG_LEVEL: 'DEBUG' });
  });

  test('is overridden last, also where a secret is missing and in references', () => {
    const env = `[${from('A', 'absent', 'k')}, {name: B, value: $(A)}]`;
    assert.deepEqual(environmentOf(env, { overrides: { A: 'mine', Z: 'new' } }), { A: 'mine', B: 'mine', Z: 'new' });
  });

  test('takes a variable named __proto__ for one like others', () => {
    assert.ok(Object.hasOwn(environmentOf('[{name: __proto__, value: x}]'), '__proto__'));
  });
});

suite('an environment that is not complete', () => {
  test('names every variable, its secret, key and file', () => {
    assert.throws(
      () => environmentOf(`[${from('KAFKA_SSL_CLIENT_KEY', 'seldon-user', 'user.key')}, ${from('B', 'b', 'c')}]`),
      (error) => {
        assert.ok(error instanceof MillraceError);
        assert.equal(error.code, 'ENVIRONMENT_UNRESOLVED');
        const file = join(directory, 'seldon-user', 'user.key');
        assert.match(
          error.message,
          /spec\.predictors\[0\]\.svcOrchSpec\.env\[0\]: KAFKA_SSL_CLIENT_KEY comes from secret 'seldon-user', key 'user\.key'/,
        );
        assert.ok(error.message.includes(`there is no file ${file}`));
        assert.match(error.message, /B comes from secret 'b'/);
        return true;
      },
    );
  });

  test('says how to give secrets when no directory is given', () => {
    const env = `[${from('A', 'user', 'key')}]`;
    assert.throws(
      () => environmentOf(env, { secretsDirectory: undefined }),
      /write the value to DIR\/user\/key and give --secrets DIR, or use --env A=VALUE/,
    );
  });

  test('refuses names that lead out of the directory, optional or not', () => {
    secret('user/key', 'x');
    for (const [object, key] of [
      ['..', 'key'],
      ['../other', 'key'],
      ['/etc', 'passwd'],
      ['user', '../user/key'],
      ['user', '..'],
      ['user', '..data'],
      ['', 'key'],
      ['user/.', 'key'],
    ]) {
      const env = `[${from('A', object ?? '', key ?? '', ', optional: true')}]`;
      assert.throws(() => environmentOf(env), /is no (name|key) of a Secret or ConfigMap/, `${object} ${key}`);
    }
  });

  test('refuses what is no text, and never shows a value', () => {
    secret('bad/binary', Uint8Array.of(0x73, 0x33, 0x63, 0xff));
    secret('bad/nul', 's3cret\0');
    secret('bad/dir/x', 'x');
    for (const key of ['binary', 'nul', 'dir']) {
      assert.throws(
        () => environmentOf(`[${from('A', 'bad', key)}]`),
        (error) => {
          assert.ok(error instanceof MillraceError);
          assert.doesNotMatch(error.message, /s3c/);
          return true;
        },
      );
    }
  });

  test('says which fields exist only in Kubernetes', () => {
    assert.throws(
      () => environmentOf('[{name: A, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]'),
      /status\.podIP.*--env A=VALUE/,
    );
    assert.throws(
      () => environmentOf('[{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}]'),
      /--env A=VALUE/,
    );
  });
});

test('an override is NAME=VALUE', () => {
  assert.deepEqual(parseOverride('A_B=c=d\ne'), { name: 'A_B', value: 'c=d\ne' });
  assert.deepEqual(parseOverride('A='), { name: 'A', value: '' });
  for (const text of ['s3cret', '=s3cret', '1A=s3cret', 'A B=s3cret']) {
    assert.throws(
      () => parseOverride(text),
      (error) => error instanceof MillraceError && error.exitCode === 2 && !error.message.includes('s3cret'),
    );
  }
});
