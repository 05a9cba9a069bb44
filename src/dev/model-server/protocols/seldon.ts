import { RequestError } from '../request-error.ts';
import { shown } from '../tensors/datatype.ts';
import { readFlat, readNested, readShape } from '../tensors/read-tensor.ts';
import type { NamedTensors, Tensor, TensorSpec } from '../tensors/tensor.ts';
import { writeFlat, writeNested } from '../tensors/write-tensor.ts';
import { property, requireObject, type JsonObject } from './json-object.ts';
import type { RestProtocol, ServedModel } from './rest-protocol.ts';
import { readTfTensor, writeTfTensor } from './seldon-tftensor.ts';

const ping = () => 'pong';
const status = () => ({ meta: {} });

/** The REST API of a Seldon Core 1 model: SeldonMessage as JSON. */
export const seldon: RestProtocol = {
  routes: [
    { method: 'POST', path: /^\/(?:predict|api\/v(?:0\.1|1\.0)\/predictions)$/ },
    { method: 'GET', path: /^(?:\/api\/v1\.0)?\/health\/ping$/, answer: ping },
    { method: 'GET', path: /^(?:\/api\/v1\.0)?\/health\/status$/, answer: status },
    { method: 'GET', path: /^\/(?:ready|live)$/, answer: status },
    { method: 'GET', path: /^(?:\/api\/v1\.0)?\/metadata$/, answer: metadata },
  ],
  decode(body, { signature }) {
    const request = requireObject(body, 'the request');
    const [spec] = signature.inputs;
    if (!spec || signature.inputs.length > 1) {
      throw new RequestError(
        400,
        'a Seldon message carries one tensor, and the model has several inputs; use tensorflow or v2',
      );
    }
    const data = property(request, 'data');
    if (data === undefined) {
      throw new RequestError(400, "the request has no 'data'; give data.ndarray, data.tensor or data.tftensor");
    }
    const { kind, tensor } = readData(requireObject(data, 'data'), spec);
    const meta = echoedMeta(property(request, 'meta'));
    return { inputs: new Map([[spec.name, tensor]]), encode: (outputs) => encode(outputs, kind, meta) };
  },
  errorBody: (code, info) => ({ status: { code, info, reason: reasonOf(code), status: 'FAILURE' } }),
};

const KINDS = ['ndarray', 'tensor', 'tftensor'] as const;
type Kind = (typeof KINDS)[number];

function readData(data: JsonObject, spec: TensorSpec): { readonly kind: Kind; readonly tensor: Tensor } {
  const [kind, ...more] = KINDS.filter((one) => property(data, one) !== undefined);
  if (kind === undefined || more.length > 0) {
    const found = kind === undefined ? 'none' : 'several';
    throw new RequestError(400, `data has ${found} of 'ndarray', 'tensor' and 'tftensor'; give one`);
  }
  const value = property(data, kind);
  if (kind === 'ndarray') return { kind, tensor: readNested(value, spec, 'data.ndarray') };
  if (kind === 'tftensor') return { kind, tensor: readTfTensor(value, spec, 'data.tftensor') };
  const { shape, values } = requireObject(value, 'data.tensor');
  return { kind, tensor: readFlat(values, readShape(shape, 'data.tensor.shape'), spec, 'data.tensor.values') };
}

// The id and the tags of a request come back with its answer.
function echoedMeta(meta: unknown): JsonObject {
  if (meta === undefined || meta === null) return {};
  const { puid, tags } = requireObject(meta, 'meta');
  if (puid !== undefined && typeof puid !== 'string') {
    throw new RequestError(400, `meta.puid is ${shown(puid)}, and a string is expected`);
  }
  return { puid, tags: tags === undefined ? undefined : requireObject(tags, 'meta.tags') };
}

// A SeldonMessage holds one tensor: of a model with several outputs it is the first.
function encode(outputs: NamedTensors, kind: Kind, meta: JsonObject): string {
  const [tensor] = outputs.values();
  if (!tensor) throw new RequestError(500, 'the model answered without an output');
  const columns = tensor.shape.length === 2 ? (tensor.shape[1] ?? 0) : 0;
  const names = JSON.stringify(Array.from({ length: columns }, (_, i) => `t:${i}`));
  return `{"data":{"names":${names},"${kind}":${writeData(tensor, kind)}},"meta":${JSON.stringify(meta)}}`;
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
    platform: 'onnxruntime',
    inputs: signature.inputs.map(describe),
    outputs: signature.outputs.slice(0, 1).map(describe),
  };
}
