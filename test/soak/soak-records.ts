import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageToProduce } from '@platformatic/kafka';
import { PredictRequestSchema } from '../../src/protocol/gen/tensorflow/serving_pb.ts';
import { DataType } from '../../src/protocol/gen/tensorflow/tensor_pb.ts';
import type { SoakTransport } from './soak-options.ts';

const POISONED = 1_000;
const KEYS = 5_000;
const NUMBERS = Array.from({ length: 24 }, (_, index) => index / 7);
const REQUESTS: Readonly<Record<SoakTransport, Buffer>> = {
  rest: Buffer.from(JSON.stringify({ instances: [NUMBERS] })),
  grpc: Buffer.from(
    toBinary(
      PredictRequestSchema,
      create(PredictRequestSchema, { inputs: { x: { dtype: DataType.DT_FLOAT, floatVal: NUMBERS } } }),
    ),
  ),
};
// An empty one, and one that is no message.
const POISON = [Buffer.alloc(0), Buffer.from('[')];

/** Record number `index`; every thousandth cannot be used. */
export function soakRecord(
  topic: string,
  partitions: number,
  transport: SoakTransport,
  index: number,
): MessageToProduce {
  const poison = index % POISONED === POISONED - 1 ? POISON[Math.floor(index / POISONED) % POISON.length] : undefined;
  return {
    topic,
    partition: index % partitions,
    key: Buffer.from(`key-${(index * 7919) % KEYS}`),
    value: poison ?? REQUESTS[transport],
    headers: new Map([[Buffer.from('trace'), Buffer.from(String(index))]]),
  };
}

/** How many of so many records cannot be used. */
export function poisonedAmong(records: number): number {
  return Math.floor(records / POISONED);
}
