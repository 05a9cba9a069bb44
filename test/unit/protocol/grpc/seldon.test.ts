import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, equals, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  FeedbackSchema,
  SeldonMessageListSchema,
  SeldonMessageSchema,
} from '../../../../src/protocol/gen/seldon/prediction_pb.ts';
import { DataType } from '../../../../src/protocol/gen/tensorflow/tensor_pb.ts';
import {
  chainSeldon,
  combineSeldon,
  feedbackRoutes,
  readSeldonRoute,
} from '../../../../src/protocol/grpc/seldon/seldon.ts';
import { injectSeldonRouting } from '../../../../src/protocol/grpc/seldon/seldon-routing.ts';
import { MessageError } from '../../../../src/protocol/message-error.ts';
import { bytes, message, read } from './message.ts';

type Init = MessageInitShape<typeof SeldonMessageSchema>;
const seldon = (init: Init) => message(SeldonMessageSchema, init);
const text = (value: string) => seldon({ dataOneof: { case: 'strData', value } });
const refused = (pattern: RegExp) => (error: unknown) => error instanceof MessageError && pattern.test(error.message);

const number = (value: number) => ({ kind: { case: 'numberValue', value } as const });
const list = (...values: object[]) => ({ kind: { case: 'listValue', value: { values } } as const });
const ndarray = (...values: object[]) =>
  seldon({ dataOneof: { case: 'data', value: { dataOneof: { case: 'ndarray', value: { values } } } } });
const tensor = (...values: number[]) =>
  seldon({ dataOneof: { case: 'data', value: { dataOneof: { case: 'tensor', value: { values } } } } });

test('a message goes on as it is; another is no message', () => {
  const one = text('a');
  assert.equal(chainSeldon(one), one);
  assert.throws(() => chainSeldon(message(FeedbackSchema, {})), refused(/seldon.protos.Feedback, not a/));
});

test('a combiner gets the answers byte for byte', () => {
  const answers = [text('a'), tensor(1, 2), text('')];
  const combined = combineSeldon(answers);
  assert.equal(combined.messageName, 'seldon.protos.SeldonMessageList');
  const { seldonMessages } = read(SeldonMessageListSchema, combined);
  assert.equal(seldonMessages.length, 3);
  answers.forEach((answer, at) => {
    const member = seldonMessages[at];
    assert.ok(member && equals(SeldonMessageSchema, member, read(SeldonMessageSchema, answer)));
  });
  const broken = bytes(SeldonMessageSchema, Buffer.from([0xff, 0xff]));
  assert.throws(() => combineSeldon([text('a'), broken]), refused(/child 1: its bytes are no protobuf message/));
});

test('routes as Seldon reads them', () => {
  const tftensor = (init: object) =>
    seldon({ dataOneof: { case: 'data', value: { dataOneof: { case: 'tftensor', value: init } } } });
  const cases: readonly (readonly [number, ReturnType<typeof seldon>])[] = [
    [1, ndarray(number(1))],
    [2, ndarray(list(number(2.9), number(7)))],
    [-1, ndarray(list(number(-1.5)))],
    [0, ndarray({ kind: { case: 'stringValue', value: '1' } })],
    [-2, tensor(-2)],
    [3, tftensor({ dtype: DataType.DT_INT32, intVal: [3, 4] })],
    [2, tftensor({ intVal: [2] })],
    [1, tftensor({ dtype: DataType.DT_INT64, int64Val: [1n] })],
    [-1, seldon({ dataOneof: { case: 'data', value: { names: ['x'] } } })],
  ];
  for (const [route, answer] of cases) assert.equal(readSeldonRoute(answer), route);
});

test('answers that are no route, where Seldon crashes', () => {
  assert.throws(() => readSeldonRoute(text('1')), refused(/strData instead of data/));
  assert.throws(() => readSeldonRoute(seldon({})), refused(/nothing instead of data/));
  assert.throws(() => readSeldonRoute(ndarray()), refused(/data.ndarray is empty/));
  assert.throws(() => readSeldonRoute(ndarray(list())), refused(/first row/));
  assert.throws(() => readSeldonRoute(tensor()), refused(/no values/));
  assert.throws(() => readSeldonRoute(tensor(NaN)), refused(/NaN/));
  // A text that is no UTF-8, and lists in lists without an end.
  assert.throws(() => readSeldonRoute(bytes(SeldonMessageSchema, Buffer.from([0x2a, 1, 0xff]))), MessageError);
  let deep: Buffer = Buffer.alloc(0);
  for (let i = 0; i < 5_000; i++) deep = wrapped(i % 2 === 0 ? 0x0a : 0x32, deep);
  assert.throws(() => readSeldonRoute(bytes(SeldonMessageSchema, wrapped(0x1a, wrapped(0x1a, deep)))), MessageError);
});

function wrapped(tag: number, inner: Buffer): Buffer {
  const length: number[] = [];
  let rest = inner.length;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([tag, ...length, rest]), inner]);
}

test('routes replace meta.routing and nothing else', () => {
  const before: Init = {
    meta: { puid: 'q', tags: { t: number(1) }, routing: { old: 5 } },
    dataOneof: { case: 'strData', value: 'x' },
  };
  const routes = new Map([
    ['r', 0],
    ['m0', -1],
    ['n', -2],
    ['big', 300],
  ]);
  const after = read(SeldonMessageSchema, injectSeldonRouting(seldon(before), routes));
  const expected = { ...before, meta: { ...before.meta, routing: { r: 0, m0: -1, n: -2, big: 300 } } } as Init;
  assert.ok(equals(SeldonMessageSchema, after, create(SeldonMessageSchema, expected)));
});

test('a message without meta gets one, where Seldon crashes', () => {
  const after = read(SeldonMessageSchema, injectSeldonRouting(text('x'), new Map([['m', -1]])));
  assert.deepEqual(after.meta?.routing, { m: -1 });
  assert.deepEqual(after.dataOneof, { case: 'strData', value: 'x' });
});

test('what cannot hold routes comes back as it is', () => {
  const broken = bytes(SeldonMessageSchema, Buffer.from([0xff]));
  assert.equal(injectSeldonRouting(broken, new Map([['m', 1]])), broken);
  const other = message(FeedbackSchema, {});
  assert.equal(injectSeldonRouting(other, new Map()), other);
});

test('routes of a feedback', () => {
  const feedback = message(FeedbackSchema, { response: { meta: { routing: { r: 1, s: -1 } } }, reward: 1 });
  assert.deepEqual([...feedbackRoutes(feedback)], [['r', 1], ['s', -1]]); // prettier-ignore
  assert.deepEqual([...feedbackRoutes(message(FeedbackSchema, {}))], []);
  assert.throws(() => feedbackRoutes(bytes(FeedbackSchema, Buffer.from([0x0a, 9]))), MessageError);
});

test('any bytes under the name of a message are a message or a message error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (raw) => {
      const answer = bytes(SeldonMessageSchema, Buffer.from(raw));
      for (const use of [
        () => combineSeldon([answer]),
        () => readSeldonRoute(answer),
        () => injectSeldonRouting(answer, new Map([['m', 1]])),
        () => feedbackRoutes(answer),
      ]) {
        try {
          use();
        } catch (error) {
          assert.ok(error instanceof MessageError, String(error));
        }
      }
    }),
    { numRuns: 2_000 },
  );
});
