import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const cases = join(root, 'test/cases/operator');

test('millrace validate --defaults prints what the operator would work with', () => {
  const name = readdirSync(cases).find((file) => file.startsWith('02-') && file.endsWith('.yaml'));
  assert.ok(name);
  const args = [join(root, 'src/cli/main.ts'), 'validate', '--defaults', join(cases, name)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
  assert.deepEqual([status, stderr], [0, '']);
  const expected = JSON.parse(readFileSync(join(cases, name.replace('.yaml', '.expected.json')), 'utf8')) as {
    defaultedSpec: unknown;
  };
  assert.deepEqual((parse(stdout) as { spec: unknown }).spec, expected.defaultedSpec);
});
