import { create, toBinary } from '@bufbuild/protobuf';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
  type ModelInferRequest,
} from '../../gen/inference/grpc_service_pb.ts';
import { decodeMessage } from '../../grpc/wire/decode.ts';
import { MESSAGE } from '../../grpc/methods.ts';
import { MessageError } from '../../message-error.ts';
import type { BatchPart, BatchRules } from '../batch-rules.ts';
import { encodedMessage } from './encoded-message.ts';
import { readOrAlone } from './read-or-alone.ts';
import { v2Form, v2Rows, v2Values, type V2Rows } from './v2-rows.ts';

/** A ModelInferRequest with the rows of its inputs. */
interface InferPart extends BatchPart {
  readonly request: ModelInferRequest;
  readonly inputs: readonly V2Rows[];
}

// A model that keeps the state of a sequence counts its requests.
const SEQUENCE = 'sequence_id';

/** Batches of the Open Inference Protocol's ModelInferRequest. */
export const v2BatchRules: BatchRules<InferPart> = {
  part(payload) {
    if (payload.messageName !== MESSAGE.inferRequest) return undefined;
    const request = readOrAlone(ModelInferRequestSchema, payload.body);
    if (request === undefined || SEQUENCE in request.parameters) return undefined;
    const inputs = rowsOfAll(request.inputs, request.rawInputContents);
    if (inputs === undefined) return undefined;
    const bare = create(ModelInferRequestSchema, {
      ...request,
      id: request.id === '' ? '' : 'id',
      inputs: request.inputs.map((input) => ({ ...input, shape: input.shape.slice(1), contents: undefined })),
      rawInputContents: [],
    });
    const outline = Buffer.from(toBinary(ModelInferRequestSchema, bare)).toString('latin1');
    return { request, inputs, rows: rowCount(inputs), kind: [outline, ...inputs.map(v2Form)].join('\n') };
  },
  merge(parts) {
    const [first] = parts;
    if (first === undefined) throw new RangeError('nothing to merge');
    const rows = BigInt(parts.reduce((sum, part) => sum + part.rows, 0));
    const values = first.inputs.map((_, index) => v2Values(parts.flatMap((part) => part.inputs[index] ?? [])));
    const merged = create(ModelInferRequestSchema, {
      ...first.request,
      inputs: first.request.inputs.map((input, index) => ({
        ...input,
        shape: [rows, ...input.shape.slice(1)],
        contents: values[index]?.contents,
      })),
      rawInputContents: values.flatMap(({ raw }) => raw ?? []),
    });
    return encodedMessage(ModelInferRequestSchema, merged);
  },
  split(answer, parts) {
    const response = decodeMessage(ModelInferResponseSchema, answer.body);
    const outputs = rowsOfAll(response.outputs, response.rawOutputContents);
    const asked = parts.reduce((sum, part) => sum + part.rows, 0);
    if (outputs === undefined || rowCount(outputs) !== asked) {
      throw new MessageError(`its outputs do not have the ${asked} rows of a batch of ${parts.length} requests`);
    }
    let from = 0;
    return parts.map(({ rows, request }) => {
      const values = outputs.map((output) => v2Values([output], from, from + rows));
      const own = create(ModelInferResponseSchema, {
        ...response,
        id: request.id === '' ? response.id : request.id,
        outputs: response.outputs.map((output, index) => ({
          ...output,
          shape: [BigInt(rows), ...output.shape.slice(1)],
          contents: values[index]?.contents,
        })),
        rawOutputContents: values.flatMap(({ raw }) => raw ?? []),
      });
      from += rows;
      return { ...answer, body: Buffer.from(toBinary(ModelInferResponseSchema, own)) };
    });
  },
};

type Tensors = readonly Parameters<typeof v2Rows>[0][];

/** The rows of all tensors; undefined unless all have the same. */
function rowsOfAll(tensors: Tensors, raw: readonly Uint8Array[]): readonly V2Rows[] | undefined {
  if (tensors.length === 0 || (raw.length > 0 && raw.length !== tensors.length)) return undefined;
  const found: V2Rows[] = [];
  for (const [index, tensor] of tensors.entries()) {
    const rows = v2Rows(tensor, raw[index]);
    if (rows === undefined || rows.rows !== (found[0] ?? rows).rows) return undefined;
    found.push(rows);
  }
  return found;
}

function rowCount([first]: readonly V2Rows[]): number {
  return first?.rows ?? 0;
}
