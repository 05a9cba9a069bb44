import {
  createRegistry,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type DescMessage,
  type JsonValue,
} from '@bufbuild/protobuf';
import { errorText } from '../../../base/errors.ts';
import { file_inference_grpc_service } from '../../../protocol/gen/inference/grpc_service_pb.ts';
import { file_seldon_prediction } from '../../../protocol/gen/seldon/prediction_pb.ts';
import { file_tensorflow_serving } from '../../../protocol/gen/tensorflow/serving_pb.ts';
import { MessageError } from '../../../protocol/message-error.ts';

const registry = createRegistry(file_seldon_prediction, file_tensorflow_serving, file_inference_grpc_service);

/**
 * The bytes of a message that is written as protobuf's JSON.
 *
 * @throws MessageError that says where it does not fit
 */
export function encodeMessage(messageName: string, json: unknown): Buffer {
  const schema = schemaOf(messageName);
  try {
    return Buffer.from(toBinary(schema, fromJson(schema, json as JsonValue, { registry })));
  } catch (error) {
    throw new MessageError(`it is no ${messageName}: ${errorText(error)}`, error);
  }
}

/**
 * A message as protobuf's JSON; numbers that 32-bit floats hold have no more digits than those need.
 *
 * @throws MessageError for bytes that are no such message
 */
export function decodeMessage(messageName: string, bytes: Buffer): unknown {
  const schema = schemaOf(messageName);
  try {
    return shortFloats(toJson(schema, fromBinary(schema, bytes), { registry }));
  } catch (error) {
    throw new MessageError(`it is no ${messageName}: ${errorText(error)}`, error);
  }
}

/** The messages of the method with that HTTP/2 path; undefined where none of the protocols has it. */
export function messagesOf(path: string): { readonly request: string; readonly answer: string } | undefined {
  const [, service = '', name = ''] = path.split('/');
  const method = registry.getService(service)?.methods.find((one) => one.name === name);
  return method && { request: method.input.typeName, answer: method.output.typeName };
}

/** Whether one of the protocols has a message of that full name. */
export function knowsMessage(messageName: string): boolean {
  return registry.getMessage(messageName) !== undefined;
}

function schemaOf(messageName: string): DescMessage {
  const schema = registry.getMessage(messageName);
  if (schema === undefined) throw new MessageError(`nobody knows the message '${messageName.slice(0, 100)}'`);
  return schema;
}

/** 0.1 as a 32-bit float is 0.10000000149011612 in JSON: nobody writes that. */
function shortFloats(value: JsonValue): unknown {
  if (typeof value === 'number') return shortFloat(value);
  if (Array.isArray(value)) return value.map(shortFloats);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortFloats(inner)]));
}

function shortFloat(value: number): number {
  if (Number.isInteger(value) || Math.fround(value) !== value) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
