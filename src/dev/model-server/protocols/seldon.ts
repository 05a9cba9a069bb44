import { RequestError } from '../request-error.ts';
import { openSpec } from '../tensors/open-spec.ts';
import { readFlat, readNested, readShape } from '../tensors/read-tensor.ts';
import type { NamedTensors, Signature, Tensor, TensorSpec } from '../tensors/tensor.ts';
import { writeFlat, writeNested } from '../tensors/write-tensor.ts';
import { type JsonObject } from '../../../base/json-object.ts';
import { property, requireObject } from './json-object.ts';
import type { RestProtocol, ServedModel } from './rest-protocol.ts';
import { carriedMeta, withMergedMeta } from './seldon-meta.ts';
import { openTfSpec, readTfTensor, writeTfTensor } from './seldon-tftensor.ts';

const ping = () => 'pong';
const status = () => ({ meta: {} });

/** The REST API of a Seldon Core 1 model: SeldonMessage as JSON. */
export const seldon: RestProtocol = {
  routes: [
    { method: 'POST', path: /^\/(?:predict|api\/v(?:0\.1|1\.0)\/predictions)$/, roles: ['model'] },
    { method: 'POST', path: /^\/transform-input$/, roles: ['transformer'] },
    { method: 'POST', path: /^\/transform-output$/, roles: ['output-transformer'] },
    { method: 'POST', path: /^\/route$/, roles: ['router'] },
    { method: 'POST', path: /^\/aggregate$/, roles: ['combiner'] },
    { method: 'POST', path: /^\/send-feedback$/, answer: status },
    { method: 'GET', path: /^(?:\/api\/v1\.0)?\/health\/ping$/, answer: ping },
    { method: 'GET', path: /^(?:\/api\/v1\.0)?\/health\/status$/, answer: status },
    { method: 'GET', path: /^\/(?:ready|live)$/, answer: status },
    { method: 'GET', path: /^(?:\/api\/v1\.0)?\/metadata$/, answer: metadata },
  ],
  decode(body, { signature }) {
    const request = requireObject(body, 'the request');
    const meta = carriedMeta(property(request, 'meta'));
    const data = property(request, 'data');
    if (data === undefined && signature === undefined) {
      // A text or bytes: nothing for a script to work on, so the message may go as it came.
      const encode = (outputs: NamedTensors) =>
        outputs.size === 0 ? writeJson(request) : encodeTensor(outputs, 'ndarray', meta);
      return { inputs: new Map(), encode };
    }
    if (data === undefined) {
      throw new RequestError(400, "the request has no 'data'; give data.ndarray, data.tensor or data.tftensor");
    }
    const { kind, tensor, name } = readData(requireObject(data, 'data'), onlyInput(signature));
    return { inputs: new Map([[name, tensor]]), encode: (outputs) => encodeTensor(outputs, kind, meta) };
  },
  asRequest: (answer) => answer,
  joinAnswers: withMergedMeta,
  route: (branch) => `{"data":{"names":[],"ndarray":[[${branch}]]},"meta":{}}`,
  errorBody: (code, info) => ({ status: { code, info, reason: reasonOf(code), status: 'FAILURE' } }),
};

const KINDS = ['ndarray', 'tensor', 'tftensor'] as const;
type Kind = (typeof KINDS)[number];

/** The only input of a model; undefined where every tensor will do. @throws RequestError 400 */
export function onlyInput(signature: Signature | undefined): TensorSpec | undefined {
  if (signature === undefined) return undefined;
  const [spec, ...more] = signature.inputs;
  if (spec && more.length === 0) return spec;
  throw new RequestError(
    400,
    'a Seldon message carries one tensor, and the model has several inputs; use tensorflow or v2',
  );
}

interface Data {
  readonly kind: Kind;
  readonly name: string;
  readonly tensor: Tensor;
}

function readData(data: JsonObject, known: TensorSpec | undefined): Data {
  const [kind, ...more] = KINDS.filter((one) => property(data, one) !== undefined);
  if (kind === undefined || more.length > 0) {
    const found = kind === undefined ? 'none' : 'several';
    throw new RequestError(400, `data has ${found} of 'ndarray', 'tensor' and 'tftensor'; give one`);
  }
  const value = property(data, kind);
  const spec = known ?? ownSpec(value, kind);
  return { kind, name: spec.name, tensor: readKind(value, kind, spec) };
}

function readKind(value: unknown, kind: Kind, spec: TensorSpec): Tensor {
  if (kind === 'ndarray') return readNested(value, spec, 'data.ndarray');
  if (kind === 'tftensor') return readTfTensor(value, spec, 'data.tftensor');
  const { shape, values } = requireObject(value, 'data.tensor');
  return readFlat(values, readShape(shape, 'data.tensor.shape'), spec, 'data.tensor.values');
}

function ownSpec(value: unknown, kind: Kind): TensorSpec {
  if (kind === 'ndarray') return openSpec('', value, 'data.ndarray');
  if (kind === 'tftensor') return openTfSpec(value, 'data.tftensor');
  const { shape } = requireObject(value, 'data.tensor');
  return { name: '', datatype: 'float64', shape: readShape(shape, 'data.tensor.shape') };
}

// A SeldonMessage holds one tensor: of a model with several outputs it is the first.
function encodeTensor(outputs: NamedTensors, kind: Kind, meta: JsonObject): string {
  const [tensor] = outputs.values();
  if (!tensor) throw new RequestError(500, 'the model answered without an output');
  const columns = tensor.shape.length === 2 ? (tensor.shape[1] ?? 0) : 0;
  const names = JSON.stringify(Array.from({ length: columns }, (_, i) => `t:${i}`));
  return `{"data":{"names":${names},"${kind}":${writeData(tensor, kind)}},"meta":${writeJson(meta)}}`;
}

// Integers beyond 2^53 were read exactly, for tensors; elsewhere they are numbers as any.
function writeJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? Number(member) : member));
}

function writeData(tensor: Tensor, kind: Kind): string {
  if (kind === 'ndarray') return writeNested(tensor);
  if (kind === 'tftensor') return writeTfTensor(tensor);
  return `{"shape":${JSON.stringify(tensor.shape)},"values":${writeFlat(tensor)}}`;
}

function reasonOf(code: number): string {
  if (code === 404) return 'NOT_FOUND';
  if (code === 405) return 'METHOD_NOT_ALLOWED';
  if (code === 503) return 'RESOURCE_EXHAUSTED';
  return code < 500 ? 'MICROSERVICE_BAD_DATA' : 'MICROSERVICE_INTERNAL_ERROR';
}

function metadata({ name, version, signature }: ServedModel): unknown {
  const describe = ({ shape }: TensorSpec) => ({
    messagetype: 'tensor',
    schema: { names: [], shape: shape.map((size) => size ?? -1) },
  });
  return {
    name,
    versions: [version],
    platform: signature ? 'onnxruntime' : 'millrace_script',
    inputs: signature?.inputs.map(describe) ?? [],
    outputs: signature?.outputs.slice(0, 1).map(describe) ?? [],
  };
}
