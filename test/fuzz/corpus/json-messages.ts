import type { Protocol } from '../../../src/protocol/payload.ts';

const CIFAR = Array.from({ length: 48 }, (_, index) => index / 100);

const REQUESTS: Readonly<Record<Protocol, readonly unknown[]>> = {
  seldon: [
    { data: { ndarray: [[1, 2.5, -3]] } },
    {
      meta: { puid: 'a', tags: { x: 1 }, routing: { router: 1 } },
      data: { names: ['a'], tensor: { shape: [1, 2], values: [1, 2] } },
    },
    { data: { tftensor: { dtype: 'DT_INT32', tensorShape: { dim: [{ size: '2' }] }, intVal: [1, 2] } } },
    { strData: 'hello' },
    { binData: 'aGVsbG8=' },
    { jsonData: { some: { deep: [{ thing: null }] } } },
    { request: { data: { ndarray: [1] } }, response: { meta: { routing: { router: 0 } } }, reward: 1.0 },
  ],
  tensorflow: [
    { instances: [CIFAR] },
    { signature_name: 'serving_default', instances: [{ b64: 'aGVsbG8=' }, 'text', 1] },
    { inputs: { a: [[1, 2]], b: [3] } },
    { predictions: [[0.1, 0.9]] },
    { a: { b: [] }, instances: [1, null, true] },
  ],
  v2: [
    { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }] },
    {
      id: '7',
      parameters: { content_type: 'np' },
      inputs: [{ name: 's', datatype: 'BYTES', shape: [2], data: ['a', 'b'], parameters: { content_type: 'str' } }],
      outputs: [{ name: 'y' }],
    },
    { model_name: 'm', outputs: [{ name: 'y', datatype: 'INT64', shape: [1], data: [1] }] },
    { inputs: [{ name: 'raw', datatype: 'FP32', shape: [1], parameters: { binary_data_size: 4 } }] },
  ],
};

const ANSWERS: Readonly<Record<Protocol, readonly unknown[]>> = {
  seldon: [
    {
      meta: { puid: 'b', tags: {}, routing: {}, requestPath: { m: 'image:1' }, metrics: [] },
      data: { names: ['p'], ndarray: [[0.1, 0.9]] },
    },
    { data: { tensor: { shape: [1], values: [2] } } },
    { jsonData: [1, 2, { a: 'b' }] },
    { strData: 'answer' },
  ],
  tensorflow: [
    { predictions: [[0.1, 0.9]] },
    { predictions: [{ scores: [1], classes: ['a'] }] },
    { outputs: { y: [1, 2] } },
  ],
  v2: [
    {
      model_name: 'm',
      model_version: '1',
      id: '7',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [0.1, 0.9] }],
    },
    {
      model_name: 'm',
      outputs: [
        { name: 'y', datatype: 'BYTES', shape: [1], data: ['a'] },
        { name: 'z', datatype: 'BOOL', shape: [1], data: [true] },
      ],
    },
  ],
};

// Good ones for a router with two children, in all spellings; then the ones that no child has.
const ROUTES = [
  ...[
    '{"data":{"ndarray":[0]}}',
    '{"data":{"ndarray":[[1]]}}',
    '{"data":{"tensor":{"shape":[1],"values":[1]}}}',
    '[0]',
    '[1]',
  ],
  ...['{"data":{"ndarray":[-1]}}', '{"data":{"ndarray":[-2]}}', '[-1]', '{"data":{"ndarray":["0"]}}', '[0.0]'],
  ...['{"data":{"tftensor":{"dtype":"DT_INT32","intVal":[1]}}}', '{"data":{"ndarray":[7]}}', '[1,2,3]', '{}', '[]'],
];

const encoded = (messages: readonly unknown[]) => messages.map((message) => Buffer.from(JSON.stringify(message)));
const byProtocol = (messages: Readonly<Record<Protocol, readonly unknown[]>>) => ({
  seldon: encoded(messages.seldon),
  tensorflow: encoded(messages.tensorflow),
  v2: encoded(messages.v2),
});

/** Requests as a user writes them. */
export const JSON_REQUESTS: Readonly<Record<Protocol, readonly Buffer[]>> = byProtocol(REQUESTS);

/** Answers of models, transformers and combiners. */
export const JSON_ANSWERS: Readonly<Record<Protocol, readonly Buffer[]>> = byProtocol(ANSWERS);

/** Answers of routers, which are the same in every protocol. */
export const JSON_ROUTES: readonly Buffer[] = ROUTES.map((text) => Buffer.from(text));
