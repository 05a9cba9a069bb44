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
  const { seldonMessages } = readMessage(SeldonMessageListSchema, body);
  const meta = mergedMeta(seldonMessages);
  const calls = seldonMessages.map((given, i) => {
    const message = i === 0 && meta !== undefined ? { ...given, meta } : given;
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
  const meta = carriedMeta(message);
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

/** What Seldon's Python wrapper brings back: the id, the tags, the metrics and the request path; routing is the orchestrator's. */
function carriedMeta({ meta }: SeldonMessage): Meta {
  const { puid = '', tags = {}, metrics = [], requestPath = {} } = meta ?? {};
  return create(MetaSchema, { puid, tags, metrics, requestPath });
}

/** The `meta` of a combiner's answer: tags and request paths of later children win, the id is the first's. */
function mergedMeta(messages: readonly SeldonMessage[]): Meta | undefined {
  const metas = messages.flatMap(({ meta }) => meta ?? []);
  if (metas.length === 0) return undefined;
  return create(MetaSchema, {
    puid: messages[0]?.meta?.puid ?? '',
    tags: Object.fromEntries(metas.flatMap(({ tags }) => Object.entries(tags))),
    metrics: metas.flatMap(({ metrics }) => metrics),
    requestPath: Object.fromEntries(metas.flatMap(({ requestPath }) => Object.entries(requestPath))),
  });
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
