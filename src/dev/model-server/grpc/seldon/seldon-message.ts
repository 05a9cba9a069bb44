import { create, toBinary } from '@bufbuild/protobuf';
import {
  MetaSchema,
  SeldonMessageListSchema,
  SeldonMessageSchema,
  type Meta,
  type SeldonMessage,
} from '../../../../protocol/gen/seldon/prediction_pb.ts';
import { onlyInput } from '../../protocols/seldon.ts';
import type { ServedModel } from '../../protocols/rest-protocol.ts';
import { RequestError } from '../../request-error.ts';
import type { NamedTensors } from '../../tensors/tensor.ts';
import { conformTensor } from '../conform.ts';
import type { GrpcAnswers, GrpcCall } from '../grpc-method.ts';
import { readMessage } from '../read-message.ts';
import { readData, writeData, type Kind } from './seldon-data.ts';

/** A SeldonMessage as a request. @throws RequestError 400 */
export function readCall(body: Uint8Array, model: ServedModel): GrpcCall {
  return callOf(readMessage(SeldonMessageSchema, body), model);
}

/** A SeldonMessageList: the answers of a combiner's children. @throws RequestError 400 */
export function readAnswers(body: Uint8Array, model: ServedModel): GrpcAnswers {
  const calls = readMessage(SeldonMessageListSchema, body).seldonMessages.map((message, i) => {
    try {
      return callOf(message, model);
    } catch (error) {
      if (error instanceof RequestError)
        throw new RequestError(error.status, `the answer of child ${i}: ${error.message}`);
      throw error;
    }
  });
  const [first] = calls;
  if (!first) throw new RequestError(400, 'the list is empty, and the answers of children are expected');
  return { answers: calls.map(({ inputs }) => inputs), encode: (combined) => first.encode(combined) };
}

function callOf(message: SeldonMessage, model: ServedModel): GrpcCall {
  const spec = onlyInput(model.signature);
  const { dataOneof } = message;
  const meta = echoedMeta(message);
  if (dataOneof.case !== 'data') {
    if (spec) throw new RequestError(400, "the request has no 'data'; give data.ndarray, data.tensor or data.tftensor");
    // A text or bytes: nothing for a script to work on, so the message may go as it came.
    const encode = (outputs: NamedTensors) =>
      outputs.size === 0 ? toBinary(SeldonMessageSchema, message) : encodeTensor(outputs, 'ndarray', meta);
    return { inputs: new Map(), encode };
  }
  const { kind, tensor } = readData(dataOneof.value);
  // A tensor and an ndarray hold doubles; a tftensor says what it is.
  const inputs = spec
    ? new Map([[spec.name, conformTensor(tensor, spec, kind !== 'tftensor')]])
    : new Map([['', tensor]]);
  return { inputs, encode: (outputs) => encodeTensor(outputs, kind, meta) };
}

/** The id and the tags of a request come back with its answer. */
function echoedMeta({ meta }: SeldonMessage): Meta {
  return create(MetaSchema, { puid: meta?.puid ?? '', tags: meta?.tags ?? {} });
}

// A SeldonMessage holds one tensor: of a model with several outputs it is the first.
function encodeTensor(outputs: NamedTensors, kind: Kind, meta: Meta): Uint8Array {
  const [tensor] = outputs.values();
  if (!tensor) throw new RequestError(500, 'the model answered without an output');
  const answer = create(SeldonMessageSchema, { meta, dataOneof: { case: 'data', value: writeData(tensor, kind) } });
  return toBinary(SeldonMessageSchema, answer);
}

/** A router's answer. */
export function writeBranch(branch: number): Uint8Array {
  const value = writeData({ datatype: 'float64', shape: [1, 1], data: Float64Array.of(branch) }, 'tensor');
  return toBinary(SeldonMessageSchema, create(SeldonMessageSchema, { dataOneof: { case: 'data', value } }));
}
