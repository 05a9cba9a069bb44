import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { deployment, run, saidOf } from './test-text.ts';

const page = readFileSync(new URL('../../../../docs/graph-tests.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);
const languages = deployment({
  name: 'language',
  type: 'ROUTER',
  children: [
    { name: 'english', type: 'MODEL' },
    { name: 'german', type: 'MODEL' },
  ],
});

suite('docs/graph-tests.md', () => {
  assert.ok(blocks.length >= 5);
  for (const [index, block] of blocks.entries()) {
    test(`block ${index + 1} is right`, async () => {
      const named = block
        .replace('deploymentName: languages', 'deploymentName: d')
        .replace('predictor: main', 'predictor: p');
      // The block about answers shows no expectations.
      const text = named.includes('name: answers') ? `${named}    expect: { output: { strData: hi } }\n` : named;
      const results = await run(text, languages, { '../deployment.yaml': languages });
      assert.deepEqual(results.flatMap(saidOf), []);
    });
  }
});
