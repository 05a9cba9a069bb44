import { clone, create, toBinary } from '@bufbuild/protobuf';
import {
  PredictRequestSchema,
  PredictResponseSchema,
  type PredictRequest,
  type PredictResponse,
} from '../../gen/tensorflow/serving_pb.ts';
import type { TensorProto } from '../../gen/tensorflow/tensor_pb.ts';
import { decodeMessage } from '../../grpc/wire/decode.ts';
import { MESSAGE } from '../../grpc/methods.ts';
import { MessageError } from '../../message-error.ts';
import type { BatchPart, BatchRules } from '../batch-rules.ts';
import { encodedMessage } from './encoded-message.ts';
import { readOrAlone } from './read-or-alone.ts';
import { mergeTensors, sliceTensor, tensorOutline, tensorRows, type TensorRows } from './tensor-rows.ts';

/** A PredictRequest with the rows of its inputs. */
interface PredictPart extends BatchPart {
  readonly request: PredictRequest;
  readonly inputs: ReadonlyMap<string, TensorRows>;
}

/** Batches of TensorFlow Serving's PredictRequest; its other requests go alone. */
export const tensorflowBatchRules: BatchRules<PredictPart> = {
  part(payload) {
    if (payload.messageName !== MESSAGE.predictRequest) return undefined;
    const request = readOrAlone(PredictRequestSchema, payload.body);
    const inputs = request && rowsOfAll(request.inputs);
    if (request === undefined || inputs === undefined) return undefined;
    const bare = toBinary(PredictRequestSchema, create(PredictRequestSchema, { modelSpec: request.modelSpec, outputFilter: request.outputFilter })); // prettier-ignore
    const outlines = [...inputs].map(([name, rows]) => `${name} ${tensorOutline(rows)}`);
    const kind = [Buffer.from(bare).toString('latin1'), ...outlines].join('\n');
    return { request, inputs, rows: rowCount(inputs), kind };
  },
  merge(parts) {
    const [first] = parts;
    if (first === undefined) throw new RangeError('nothing to merge');
    const inputs: Record<string, TensorProto> = {};
    for (const name of first.inputs.keys()) {
      inputs[name] = mergeTensors(parts.flatMap((part) => part.inputs.get(name) ?? []));
    }
    return encodedMessage(PredictRequestSchema, clone(PredictRequestSchema, { ...first.request, inputs }));
  },
  split(answer, parts) {
    const response = decodeMessage(PredictResponseSchema, answer.body);
    const outputs = rowsOfAll(response.outputs);
    const asked = parts.reduce((sum, part) => sum + part.rows, 0);
    if (outputs === undefined || rowCount(outputs) !== asked) {
      throw new MessageError(`its outputs do not have the ${asked} rows of a batch of ${parts.length} requests`);
    }
    let from = 0;
    return parts.map(({ rows }) => {
      const body = toBinary(PredictResponseSchema, withRows(response, outputs, from, from + rows));
      from += rows;
      return { ...answer, body: Buffer.from(body) };
    });
  },
};

function withRows(response: PredictResponse, outputs: ReadonlyMap<string, TensorRows>, from: number, to: number) {
  const sliced = Object.fromEntries([...outputs].map(([name, rows]) => [name, sliceTensor(rows, from, to)]));
  return create(PredictResponseSchema, { modelSpec: response.modelSpec, outputs: sliced });
}

/** The tensors by name, in the order of names; undefined unless all have the same rows. */
function rowsOfAll(tensors: Readonly<Record<string, TensorProto>>): ReadonlyMap<string, TensorRows> | undefined {
  const found = new Map<string, TensorRows>();
  let count: number | undefined;
  for (const name of Object.keys(tensors).sort()) {
    const tensor = tensors[name];
    const rows = tensor && tensorRows(tensor);
    if (rows === undefined || rows.rows !== (count ?? rows.rows)) return undefined;
    count = rows.rows;
    found.set(name, rows);
  }
  return found.size === 0 ? undefined : found;
}

function rowCount(tensors: ReadonlyMap<string, TensorRows>): number {
  const [first] = tensors.values();
  return first?.rows ?? 0;
}
