import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { generatedFiles } from '../../tools/generate.ts';

test('generated pages are what the declarations say', async () => {
  for (const [path, text] of await generatedFiles()) {
    assert.equal(readFileSync(path, 'utf8'), text, `${path} is stale: run node_modules/.bin/node tools/generate.ts`);
  }
});

test('every metric of the program is on the page of metrics', async () => {
  const page = (await generatedFiles()).get('docs/reference/metrics.md') ?? '';
  const sources = globSync('src/**/*.ts').map((file) => readFileSync(file, 'utf8'));
  const names = sources.flatMap((text) => text.match(/(?<=name: '|\[')(?:millrace|seldon_api)_\w+(?=')/g) ?? []);
  assert.ok(names.length > 30, `${names.length} names found`);
  for (const name of names)
    assert.ok(page.includes(`\`${name}\``), `${name}: add its section to tools/metrics-page.ts`);
});
