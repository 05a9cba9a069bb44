import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readLines } from '../../../../src/cli/records/lines.ts';
import { inPieces } from './pieces.ts';

async function lines(chunks: AsyncIterable<Buffer>, limit?: number): Promise<[number, string][]> {
  const found: [number, string][] = [];
  for await (const records of readLines('a.jsonl', chunks, limit)) {
    for (const { number, bytes } of records) found.push([number, bytes.toString()]);
  }
  return found;
}

test('lines keep their numbers; ends of line, blank lines and a byte order mark go', async () => {
  const text = Buffer.from('\ufeff{"a":1}\r\n\n  \t\r\n{"b":"é"}\n{"c":3}');
  assert.deepEqual(await lines(inPieces(text, [])), [
    [1, '{"a":1}'],
    [4, '{"b":"é"}'],
    [5, '{"c":3}'],
  ]);
});

test('lines are the same however the bytes arrive', async () => {
  const line = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replace(/[\r\n\ufeff]/g, ''));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(100)), async (texts, cuts) => {
      const found = await lines(inPieces(Buffer.from(texts.join('\n')), cuts));
      const expected = texts
        .map((text, index): [number, string] => [index + 1, text])
        .filter(([, text]) => !/^[ \t]*$/.test(text));
      assert.deepEqual(found, expected);
    }),
  );
});

test('a line without an end is refused at the limit, not gathered for ever', async () => {
  const endless = (async function* () {
    yield Buffer.from('short\n');
    for (;;) yield Buffer.alloc(1000, 'x');
  })();
  await assert.rejects(lines(endless, 5000), (error: Error) => {
    assert.match(error.message, /^a\.jsonl, line 2: is longer than 5\.0 kB$/);
    return true;
  });
});
