import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MessageError } from '../../../src/protocol/message-error.ts';
import { readRoute } from '../../../src/protocol/rest/route-answer.ts';

const route = (text: string) =>
  readRoute({ body: Buffer.from(text), contentType: 'application/json', contentEncoding: '' });

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

test('answers that name a route', () => {
  const routes: readonly [string, number][] = [
    ['[1]', 1],
    ['[1,0]', 1],
    [' [-2] ', -2],
    ['{"data":{"ndarray":[2]}}', 2],
    ['{"data":{"names":["a"],"ndarray":[[1,7],[3]]},"meta":{"tags":{}}}', 1],
    ['{"data":{"ndarray":[-1.9]}}', -1],
    ['{"data":{"ndarray":["1"]}}', 0],
    ['{"data":{"ndarray":[null]}}', 0],
    ['{"data":{"tensor":{"shape":[1,1],"values":[1.9]}}}', 1],
    ['{"data":{"tensor":{"values":["2"]}}}', 2],
    ['{"data":{"tensor":{"values":[-0.5]}}}', 0],
    ['{"data":{"tftensor":{"dtype":"DT_INT32","intVal":[1]}}}', 1],
    ['{"data":{"tftensor":{"int_val":[1]}}}', 1],
    ['{"data":{}}', -1],
    ['[3] and what follows is not read', 3],
  ];
  for (const [text, expected] of routes) assert.equal(route(text), expected, text);
});

test('answers that name none', () => {
  const bad: readonly [string, RegExp][] = [
    ['', /empty/],
    ['route 1', /unexpected 'r'/],
    ['{}', /no 'data'/],
    ['null', /it is null/],
    ['"1"', /it is a string/],
    ['1', /it is a number/],
    ['{"strData":"1"}', /no 'data'/],
    ['{"predictions":[1]}', /field predictions/],
    ['{"__proto__":{"data":{}}}', /field __proto__/],
    ['{"data":{"other":[1]}}', /field data.other/],
    ['{"data":{"ndarray":[]}}', /data.ndarray is empty/],
    ['{"data":{"ndarray":[[]]}}', /first row of data.ndarray is empty/],
    ['{"data":{"tensor":{"values":[]}}}', /data.tensor.values is empty/],
    ['{"data":{"tensor":{"values":["NaN"]}}}', /not a number/],
    ['{"data":{"tensor":7}}', /not a list/],
    ['{"data":{"tftensor":{"int64Val":["1"]}}}', /data.tftensor.intVal is not a list/],
    ['[]', /list is empty/],
    ['[1.5]', /1.5, not a whole number/],
    ['[1e400]', /not a whole number/],
    ['[0,"a"]', /"a", not a whole number/],
    ['['.repeat(100_000), /deeper than/],
    // Deeper than can be written as a text again.
    [nested(9_999), /its list has a list, not a whole number/],
    [`{"data":{"tensor":{"values":[${nested(9_000)}]}}}`, /not a number/],
    [`{"data":{"tftensor":{"intVal":[${nested(9_000)}]}}}`, /not a number/],
  ];
  for (const [text, message] of bad) assert.throws(() => route(text), message, text.slice(0, 50));
});

test('whatever a router says, it is a whole number or a message error', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.json().map((inner) => `{"data":{"ndarray":${inner}}}`),
        fc.string(),
      ),
      (text) => {
        try {
          assert.ok(Number.isInteger(route(text)));
        } catch (error) {
          assert.ok(error instanceof MessageError, String(error));
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
