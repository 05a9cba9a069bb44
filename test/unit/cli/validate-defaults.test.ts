import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { SeldonDeployment } from '../../../src/deployment/seldon-deployment.ts';

const root = join(import.meta.dirname, '../../..');
const cases = join(root, 'test/cases/operator');

test('millrace validate --defaults prints what the operator would work with', () => {
  const name = readdirSync(cases).find((file) => file.startsWith('02-') && file.endsWith('.yaml'));
  assert.ok(name);
  const args = [join(root, 'src/cli/main.ts'), 'validate', '--defaults', join(cases, name)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 240_000 });
  assert.deepEqual([status, stderr], [0, '']);
  const { metadata, spec } = parse(stdout) as SeldonDeployment;
  assert.equal(metadata.namespace, 'default');
  assert.deepEqual(spec.predictors[0]?.graph.endpoint, {
    service_host: 'localhost',
    service_port: 8501,
    httpPort: 8501,
    grpcPort: 9500,
  });
});
