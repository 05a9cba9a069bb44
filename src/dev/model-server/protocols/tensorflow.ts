import { RequestError } from '../request-error.ts';
import { INFERRING } from '../role.ts';
import { DATATYPES, shown } from '../tensors/datatype.ts';
import { openSpec } from '../tensors/open-spec.ts';
import { readNested } from '../tensors/read-tensor.ts';
import { listNames, type NamedTensors, type Tensor, type TensorSpec } from '../tensors/tensor.ts';
import { writeNested, writeRows } from '../tensors/write-tensor.ts';
import { isObject, type JsonObject } from '../../../base/json-object.ts';
import { property, requireList, requireObject } from './json-object.ts';
import type { RestProtocol, ServedModel } from './rest-protocol.ts';

const MODEL = '/v1/models/(?<model>[^/:]+)(?:/versions/(?<version>[^/:]+))?';

/** TensorFlow Serving's REST API: https://www.tensorflow.org/tfx/serving/api_rest */
export const tensorflow: RestProtocol = {
  routes: [
    { method: 'POST', path: new RegExp(`^${MODEL}:predict$`), roles: INFERRING },
    { method: 'POST', path: new RegExp(`^${MODEL}:route$`), roles: ['router'] },
    { method: 'POST', path: new RegExp(`^${MODEL}:aggregate$`), roles: ['combiner'] },
    { method: 'GET', path: new RegExp(`^${MODEL}$`), answer: status },
    { method: 'GET', path: new RegExp(`^${MODEL}/metadata$`), answer: metadata },
  ],
  decode(body, { signature }) {
    const request = requireObject(body, 'the request');
    const name = property(request, 'signature_name');
    // An ONNX model has one signature, whatever the caller calls it.
    if (name !== undefined && typeof name !== 'string') {
      throw new RequestError(400, `signature_name is ${shown(name)}, and a string is expected`);
    }
    const instances = property(request, 'instances');
    const inputs = property(request, 'inputs');
    if ((instances === undefined) === (inputs === undefined)) {
      const found = instances === undefined ? 'neither' : 'both';
      throw new RequestError(400, `the request has ${found} of 'instances' (rows) and 'inputs' (columns); give one`);
    }
    if (inputs !== undefined) {
      return { inputs: readColumns(inputs, signature?.inputs ?? openColumns(inputs)), encode: encodeColumns };
    }
    const rows = requireList(instances, 'instances');
    return { inputs: readRows(rows, signature?.inputs ?? openRows(rows)), encode: encodeRows };
  },
  asRequest(answer, path) {
    const { predictions, outputs } = requireObject(answer, path);
    return predictions === undefined ? { inputs: outputs } : { instances: predictions };
  },
  route: (branch) => `[${branch}]`,
  errorBody: (_status, message) => ({ error: message }),
};

function readRows(rows: readonly unknown[], specs: readonly TensorSpec[]): NamedTensors {
  if (rows.length === 0) throw new RequestError(400, 'instances is an empty list');
  const named = isObject(rows[0]) && !isBytes(rows[0]);
  const [only] = specs;
  if (!named) {
    if (!only || specs.length > 1) {
      throw new RequestError(400, `instances must be objects with the inputs ${listNames(specs)}`);
    }
    return new Map([[only.name, readNested(textOf(rows, only), only, 'instances')]]);
  }
  const objects = rows.map((row, i) => requireObject(row, `instances[${i}]`));
  objects.forEach((row, i) => checkNames(row, specs, `instances[${i}]`));
  return new Map(
    specs.map((spec) => {
      const values = objects.map((row) => property(row, spec.name));
      return [spec.name, readNested(textOf(values, spec), spec, `instances[*].${spec.name}`)];
    }),
  );
}

function readColumns(columns: unknown, specs: readonly TensorSpec[]): NamedTensors {
  const [only] = specs;
  if (only && specs.length === 1 && (!isObject(columns) || isBytes(columns))) {
    return new Map([[only.name, readNested(textOf(columns, only), only, 'inputs')]]);
  }
  const object = requireObject(columns, 'inputs');
  checkNames(object, specs, 'inputs');
  return new Map(
    specs.map((spec) => {
      const path = `inputs.${spec.name}`;
      return [spec.name, readNested(textOf(property(object, spec.name), spec), spec, path)];
    }),
  );
}

// What rows and columns are by themselves, for what takes tensors of every kind. A bare one has no name.
function openRows(rows: readonly unknown[]): readonly TensorSpec[] {
  const [first] = rows;
  if (!isObject(first) || isBytes(first)) return [openSpec('', decodedText(rows), 'instances')];
  return Object.keys(first).map((name) => {
    const values = rows.map((row) => (isObject(row) ? property(row, name) : undefined));
    return openSpec(name, decodedText(values), `instances[*].${name}`);
  });
}

function openColumns(columns: unknown): readonly TensorSpec[] {
  if (!isObject(columns) || isBytes(columns)) return [openSpec('', decodedText(columns), 'inputs')];
  return Object.entries(columns).map(([name, value]) => openSpec(name, decodedText(value), `inputs.${name}`));
}

function checkNames(object: JsonObject, specs: readonly TensorSpec[], path: string): void {
  const missing = specs.filter(({ name }) => !Object.hasOwn(object, name));
  if (missing.length > 0) throw new RequestError(400, `${path} lacks the input ${listNames(missing)}`);
  const unknown = Object.keys(object).find((name) => !specs.some((spec) => spec.name === name));
  if (unknown === undefined) return;
  throw new RequestError(400, `${path} has '${unknown}', and the model's inputs are ${listNames(specs)}`);
}

function isBytes(value: unknown): value is { readonly b64: string } {
  return isObject(value) && typeof value['b64'] === 'string' && Object.keys(value).length === 1;
}

// Strings may be given as {"b64": "..."}, at any depth.
function textOf(value: unknown, spec: TensorSpec): unknown {
  return spec.datatype === 'string' ? decodedText(value) : value;
}

function decodedText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodedText);
  return isBytes(value) ? Buffer.from(value.b64, 'base64').toString() : value;
}

function encodeRows(outputs: NamedTensors): string {
  const columns = [...outputs].map(([name, tensor]) => ({ name, tensor, rows: writeRows(tensor) }));
  const count = columns[0]?.rows.length ?? 0;
  for (const { name, tensor, rows } of columns) {
    if (tensor.shape.length > 0 && rows.length === count) continue;
    throw new RequestError(400, `output '${name}' does not have one value an instance; ask with 'inputs' instead`);
  }
  if (columns.length === 1) return `{"predictions":[${columns[0]?.rows.join(',')}]}`;
  const predictions = Array.from({ length: count }, (_, row) => {
    const fields = columns.map(({ name, rows }) => `${JSON.stringify(name)}:${rows[row]}`);
    return `{${fields.join(',')}}`;
  });
  return `{"predictions":[${predictions.join(',')}]}`;
}

function encodeColumns(outputs: NamedTensors): string {
  const columns = [...outputs].map(([name, tensor]: [string, Tensor]) => [JSON.stringify(name), writeNested(tensor)]);
  if (columns.length === 1) return `{"outputs":${columns[0]?.[1]}}`;
  return `{"outputs":{${columns.map((column) => column.join(':')).join(',')}}}`;
}

function status({ version }: ServedModel): unknown {
  const available = { version, state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } };
  return { model_version_status: [available] };
}

function metadata({ name, version, signature }: ServedModel): unknown {
  const served = {
    inputs: Object.fromEntries(signature?.inputs.map(tensorInfo) ?? []),
    outputs: Object.fromEntries(signature?.outputs.map(tensorInfo) ?? []),
    method_name: 'tensorflow/serving/predict',
  };
  return {
    model_spec: { name, signature_name: '', version },
    metadata: { signature_def: { signature_def: { serving_default: served } } },
  };
}

function tensorInfo({ name, datatype, shape }: TensorSpec): [string, unknown] {
  const dim = shape.map((size) => ({ size: String(size ?? -1), name: '' }));
  return [name, { dtype: DATATYPES[datatype].tensorflow, tensor_shape: { dim, unknown_rank: false }, name }];
}
