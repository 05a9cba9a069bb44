import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestError } from '../../../../src/dev/model-server/request-error.ts';
import { answerRequest } from '../../../../src/dev/model-server/engine/answer-request.ts';
import type { Engine } from '../../../../src/dev/model-server/engine/engine.ts';
import { DATATYPES, type Datatype } from '../../../../src/dev/model-server/tensors/datatype.ts';
import { readFlat, readNested } from '../../../../src/dev/model-server/tensors/read-tensor.ts';
import type { TensorSpec } from '../../../../src/dev/model-server/tensors/tensor.ts';
import {
  writeFlat,
  writeFloat,
  writeNested,
  writeRows,
} from '../../../../src/dev/model-server/tensors/write-tensor.ts';

const spec = (datatype: Datatype, shape: (number | null)[], name = 'x'): TensorSpec => ({ name, datatype, shape });

test('a float is written so that it reads back the same, and never longer than a double would be', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = writeFloat(value, 'float32');
      assert.equal(Math.fround(Number(text)), value);
      // String(-0) drops the sign.
      assert.ok(text.length <= String(value).length + (Object.is(value, -0) ? 3 : 2), text);
      assert.match(text, /[.e]/);
    }),
  );
  assert.equal(writeFloat(Math.fround(0.1), 'float32'), '0.1');
  assert.equal(writeFloat(Math.fround(16_777_216), 'float32'), '16777216.0');
  assert.equal(writeFloat(1, 'float64'), '1.0');
  assert.equal(writeFloat(-0, 'float32'), '-0.0');
  assert.equal(writeFloat(NaN, 'float32'), 'null');
  assert.equal(writeFloat(-Infinity, 'float64'), 'null');
});

test('nested lists of any shape come back as they were', () => {
  const nested = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 4 }).map((shape) => {
    let next = 0;
    const build = (axis: number): unknown =>
      axis === shape.length ? next++ : Array.from({ length: shape[axis] ?? 0 }, () => build(axis + 1));
    return { shape, value: build(0) };
  });
  fc.assert(
    fc.property(nested, ({ shape, value }) => {
      const one = spec('int32', shape);
      const tensor = readNested(value, one, 'v');
      assert.deepEqual(tensor.shape, shape);
      assert.equal(writeNested(tensor), JSON.stringify(value));
      if (shape.length === 0) return;
      assert.equal(`[${writeRows(tensor).join(',')}]`, JSON.stringify(value));
      assert.deepEqual(readFlat(JSON.parse(writeFlat(tensor)), shape, one, 'v'), tensor);
    }),
  );
});

test('each datatype takes its bounds, and nothing beyond', () => {
  for (const [datatype, { family, min, max }] of Object.entries(DATATYPES) as [
    Datatype,
    (typeof DATATYPES)[Datatype],
  ][]) {
    const read = (value: unknown) => readNested([value], spec(datatype, [null]), 'v').data[0];
    if (family === 'integer') {
      assert.deepEqual([BigInt(read(min) ?? ''), BigInt(read(max) ?? '')], [min, max], datatype);
      for (const bad of [min - 1n, max + 1n, 0.5, '1', true, null]) assert.throws(() => read(bad), RequestError);
    }
    if (family === 'float') for (const bad of ['1', null, false]) assert.throws(() => read(bad), RequestError);
    if (family === 'bool') assert.deepEqual([read(true), read(0)], [1, 0]);
    if (family === 'string') assert.equal(read('é'), 'é');
    if (family === 'string') assert.throws(() => read(1), /is 1, and a string is expected/);
  }
});

// An engine that answers its inputs: what the codecs make of several inputs, wide integers and text shows without a model.
function echo(inputs: readonly TensorSpec[]): Engine {
  return {
    signature: { inputs, outputs: inputs },
    infer: (given) => Promise.resolve(given),
    close: () => Promise.resolve(),
  };
}

async function answer(engine: Engine, protocol: 'tensorflow' | 'v2' | 'seldon', body: string) {
  const model = { name: 'm', version: '1', role: 'model', signature: engine.signature } as const;
  const request = { protocol, body: Buffer.from(body), contentType: '', contentEncoding: '', random: 0 } as const;
  const { status, body: json } = await answerRequest({ step: 'infer', engine }, model, {
    transport: 'rest',
    ...request,
  });
  assert.ok(typeof json === 'string');
  return { status, body: json };
}

test('several inputs, rows and columns', async () => {
  const engine = echo([spec('float32', [null, 2], 'a'), spec('string', [null], 'b')]);
  const rows = await answer(
    engine,
    'tensorflow',
    '{"instances":[{"a":[1,2],"b":"x"},{"b":{"b64":"eQ=="},"a":[3,4.5]}]}',
  );
  assert.deepEqual(rows, { status: 200, body: '{"predictions":[{"a":[1.0,2.0],"b":"x"},{"a":[3.0,4.5],"b":"y"}]}' });
  const columns = await answer(engine, 'tensorflow', '{"inputs":{"b":["x"],"a":[[1,2]]}}');
  assert.equal(columns.body, '{"outputs":{"a":[[1.0,2.0]],"b":["x"]}}');
  for (const body of ['{"instances":[[1,2]]}', '{"instances":[{"a":[1,2]}]}', '{"inputs":[[1,2]]}']) {
    assert.equal((await answer(engine, 'tensorflow', body)).status, 400, body);
  }
  const one = '{"name":"a","datatype":"FP64","shape":[1,2],"data":[1,2]}';
  assert.match((await answer(engine, 'v2', `{"inputs":[${one}]}`)).body, /inputs lacks 'b'/);
  const seldon = await answer(engine, 'seldon', '{"data":{"ndarray":[[1,2]]}}');
  assert.match(seldon.body, /several inputs; use tensorflow or v2/);
});

test('an int64 keeps its digits both ways', async () => {
  const engine = echo([spec('int64', [null])]);
  const big = '9223372036854775807';
  const row = await answer(engine, 'tensorflow', `{"instances":[${big},-9007199254740993]}`);
  assert.equal(row.body, `{"predictions":[${big},-9007199254740993]}`);
  const v2 = await answer(engine, 'v2', `{"inputs":[{"name":"x","datatype":"INT64","shape":[1],"data":[${big}]}]}`);
  assert.match(v2.body, new RegExp(`"data":\\[${big}\\]`));
  assert.equal((await answer(engine, 'tensorflow', '{"instances":[9223372036854775808]}')).status, 400);
});

test('a fault of the engine is 500 with the error body of the protocol', async () => {
  const engine = { ...echo([spec('float32', [null])]), infer: () => Promise.reject(new Error('out of memory')) };
  assert.deepEqual(await answer(engine, 'tensorflow', '{"instances":[1]}'), {
    status: 500,
    body: '{"error":"out of memory"}',
  });
});
