import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { MessageError } from '../../../src/protocol/message-error.ts';
import type { Payload, Protocol } from '../../../src/protocol/payload.ts';
import { chainMessage } from '../../../src/protocol/rest/chain.ts';
import { combineMessages } from '../../../src/protocol/rest/combine.ts';

const payload = (text: string | Buffer, contentEncoding = ''): Payload => ({
  body: Buffer.from(text),
  contentType: 'application/json',
  contentEncoding,
});

const chained = (protocol: Protocol, text: string) => chainMessage(protocol, payload(text)).body.toString();

test('an answer becomes a request by one key, every other byte as it was', () => {
  const cases: readonly [Protocol, string, string][] = [
    [
      'tensorflow',
      '{ "predictions" : [2.0, 1e-7, 9007199254740993] }',
      '{ "instances" : [2.0, 1e-7, 9007199254740993] }',
    ],
    [
      'v2',
      '{"model_name":"m","id":"<1>","outputs":[{"data":[1.50]}]}\n',
      '{"model_name":"m","id":"<1>","inputs":[{"data":[1.50]}]}\n',
    ],
    [
      'tensorflow',
      '{"b":1,"predictions":[{"predictions":1}],"a":-0.0}',
      '{"b":1,"instances":[{"predictions":1}],"a":-0.0}',
    ],
    ['tensorflow', '{"predict\\u0069ons":[1]}', '{"instances":[1]}'],
    ['v2', '{"outputs":[1],"outputs":[2]}', '{"inputs":[1],"inputs":[2]}'],
    ['tensorflow', '{"__proto__":1,"predictions":[1]}', '{"__proto__":1,"instances":[1]}'],
    ['tensorflow', '{"predictions":"\\ud800"}', '{"instances":"\\ud800"}'],
  ];
  for (const [protocol, from, to] of cases) assert.equal(chained(protocol, from), to);
});

test('a request is passed on as the same object, and read no further than its key', () => {
  for (const text of [
    '{"instances": [1.0]}',
    '{"inputs": 1}',
    '{"predictions":[1],"instances":[2]}',
    '{"instances": cut off',
  ]) {
    const message = payload(text);
    assert.equal(chainMessage('tensorflow', message), message);
  }
  // The v2 protocol's binary tensors follow the JSON; Seldon refuses them.
  const binary = payload(Buffer.concat([Buffer.from('{"inputs":[]}'), Buffer.from([0, 1, 2])]));
  assert.equal(chainMessage('v2', binary), binary);
});

test('seldon messages are never looked at', () => {
  const message = payload('not JSON');
  assert.equal(chainMessage('seldon', message), message);
});

test('what is neither request nor answer is refused, and nothing crashes', () => {
  const bad: readonly [Protocol, string, RegExp][] = [
    ['tensorflow', '', /it is empty/],
    ['tensorflow', '[1]', /not a JSON object/],
    ['tensorflow', 'null', /not a JSON object/],
    ['tensorflow', '{"outputs":[1]}', /neither 'instances' nor 'inputs', nor 'predictions'/],
    ['v2', '{}', /neither 'inputs', nor 'outputs'/],
    ['v2', '{"outputs":[1]} x', /unexpected 'x' at byte 16/],
    ['v2', '{"outputs":[NaN]}', /unexpected 'N' at byte 12/],
    ['v2', '{"a":' + '['.repeat(20_000), /deeper than 10000/],
  ];
  for (const [protocol, text, message] of bad) {
    assert.throws(
      () => chained(protocol, text),
      (error) => error instanceof MessageError && message.test(error.message),
      text,
    );
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        chainMessage('v2', payload(Buffer.concat([Buffer.from('{"'), bytes])));
      } catch (error) {
        assert.ok(error instanceof MessageError, String(error));
      }
    }),
  );
});

test('gzip is opened to look inside: a request stays compressed, an answer does not', () => {
  const request = payload(gzipSync('{"inputs":[]}'), 'gzip');
  assert.equal(chainMessage('v2', request), request);
  const answer = chainMessage('v2', payload(gzipSync('{"outputs":[]}'), 'gzip'));
  assert.deepEqual([answer.body.toString(), answer.contentEncoding], ['{"inputs":[]}', '']);
  assert.throws(() => chainMessage('v2', payload('{}', 'gzip')), /no gzip body/);
  assert.throws(() => chainMessage('v2', payload(brotliCompressSync('{}'), 'br')), /Content-Encoding is 'br'/);
});

test('an encoding that is none is not minded: some servers write a charset there', () => {
  for (const encoding of ['utf-8', 'identity']) {
    const chained = chainMessage('tensorflow', payload('{"predictions":[1]}', encoding));
    assert.deepEqual([chained.body.toString(), chained.contentEncoding], ['{"instances":[1]}', '']);
    assert.equal(combineMessages([payload('{}', encoding), payload('1')]).body.toString(), '[{},1]');
  }
});

test('a gzip body that unfolds without end is refused', () => {
  const bomb = payload(gzipSync(Buffer.alloc(80 * 1024 * 1024, ' ')), 'gzip');
  assert.throws(() => chainMessage('v2', bomb), /more than \d+ bytes/);
});

test('any object: the key is renamed, the value and all other members are the same', () => {
  const members = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(members, fc.jsonValue(), (others, value) => {
      const { instances: _i, inputs: _n, predictions: _p, ...rest } = others;
      const out = JSON.parse(chained('tensorflow', JSON.stringify({ ...rest, predictions: value }))) as object;
      assert.deepEqual(out, JSON.parse(JSON.stringify({ ...rest, instances: value })));
    }),
  );
});

test('binary tensors behind the JSON stay as they are, and its length follows the new key', () => {
  const json = '{"outputs":[{"name":"x","parameters":{"binary_data_size":4}}]}';
  const tensors = Buffer.from([0x7d, 0xff, 0x00, 0x22]);
  const message = { ...payload(Buffer.concat([Buffer.from(json), tensors])), jsonLength: String(json.length) };
  const chained = chainMessage('v2', message);
  const renamed = json.replace('outputs', 'inputs');
  assert.equal(chained.jsonLength, String(renamed.length));
  assert.deepEqual(chained.body, Buffer.concat([Buffer.from(renamed), tensors]));
  // A request with them is passed on as it is.
  const { body, jsonLength = '' } = chained;
  const request = { ...payload(body), jsonLength };
  assert.equal(chainMessage('v2', request), request);
  for (const wrong of ['67', '-1', '1e3', '']) {
    assert.throws(() => chainMessage('v2', { ...message, jsonLength: wrong }), {
      message: `its Inference-Header-Content-Length is '${wrong}', and it has 66 bytes`,
    });
  }
});
