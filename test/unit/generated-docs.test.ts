import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { generatedFiles } from '../../tools/generate.ts';

test('generated pages are what the declarations say', async () => {
  for (const [path, text] of await generatedFiles()) {
    assert.equal(readFileSync(path, 'utf8'), text, `${path} is stale: run node_modules/.bin/node tools/generate.ts`);
  }
});
