import { createHash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelInferResponseSchema } from '../../../src/protocol/gen/inference/grpc_service_pb.ts';
import { SeldonMessageSchema } from '../../../src/protocol/gen/seldon/prediction_pb.ts';
import { PredictResponseSchema } from '../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { DataType } from '../../../src/protocol/gen/tensorflow/tensor_pb.ts';
import type { Protocol } from '../../../src/protocol/payload.ts';
import type { Seeded } from '../../simulation/seeded.ts';
import type { Combination } from '../combination.ts';
import { JSON_ANSWERS, JSON_ROUTES } from '../corpus/json-messages.ts';
import { PROTOBUF_ANSWERS, PROTOBUF_ROUTES } from '../corpus/protobuf-messages.ts';

/** What a node is asked for: a branch, or anything else. */
export type Asked = 'route' | 'answer';

/** What a well-behaved model says: mostly something that only this request can have been answered with. */
export function goodAnswer({ protocol, transport }: Combination, asked: Asked, body: Buffer, random: Seeded): Buffer {
  if (transport === 'rest') {
    if (asked === 'route') return random.pick(JSON_ROUTES);
    return random.chance(0.3) ? random.pick(JSON_ANSWERS[protocol]) : JSON_OWN[protocol](digest(body));
  }
  if (asked === 'route') return random.pick(PROTOBUF_ROUTES[protocol]).bytes;
  return random.chance(0.3) ? random.pick(PROTOBUF_ANSWERS[protocol]).bytes : PROTOBUF_OWN[protocol](digest(body));
}

function digest(body: Buffer): string {
  return createHash('sha1').update(body).digest('hex');
}

const json = (message: unknown) => Buffer.from(JSON.stringify(message));

const JSON_OWN: Readonly<Record<Protocol, (own: string) => Buffer>> = {
  seldon: (own) => json({ meta: { tags: { own } }, strData: own }),
  tensorflow: (own) => json({ predictions: [own] }),
  v2: (own) => json({ model_name: 'm', outputs: [{ name: 'own', datatype: 'BYTES', shape: [1], data: [own] }] }),
};

const PROTOBUF_OWN: Readonly<Record<Protocol, (own: string) => Buffer>> = {
  seldon: (own) =>
    Buffer.from(
      toBinary(SeldonMessageSchema, create(SeldonMessageSchema, { dataOneof: { case: 'strData', value: own } })),
    ),
  tensorflow: (own) => {
    const outputs = { own: { dtype: DataType.DT_STRING, stringVal: [Buffer.from(own)] } };
    return Buffer.from(toBinary(PredictResponseSchema, create(PredictResponseSchema, { outputs })));
  },
  v2: (own) => {
    const contents = { byteContents: [Buffer.from(own)] };
    const outputs = [{ name: 'own', datatype: 'BYTES', shape: [1n], contents }];
    return Buffer.from(toBinary(ModelInferResponseSchema, create(ModelInferResponseSchema, { outputs })));
  },
};
