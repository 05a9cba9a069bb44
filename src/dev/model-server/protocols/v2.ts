import { RequestError } from '../request-error.ts';
import { packageVersion } from '../../../base/version.ts';
import { DATATYPES, datatypeOfV2, shown } from '../tensors/datatype.ts';
import { readFlat, readShape } from '../tensors/read-tensor.ts';
import type { NamedTensors, Tensor, TensorSpec } from '../tensors/tensor.ts';
import { writeFlat } from '../tensors/write-tensor.ts';
import { property, requireList, requireObject, type JsonObject } from './json-object.ts';
import type { RestProtocol, ServedModel } from './rest-protocol.ts';

const MODEL = '/v2/models/(?<model>[^/]+)(?:/versions/(?<version>[^/]+))?';

/** The Open Inference Protocol over REST: https://github.com/kserve/open-inference-protocol */
export const v2: RestProtocol = {
  routes: [
    { method: 'POST', path: new RegExp(`^${MODEL}/infer$`) },
    { method: 'GET', path: /^\/v2\/?$/, answer: server },
    { method: 'GET', path: /^\/v2\/health\/live$/, answer: () => ({ live: true }) },
    { method: 'GET', path: /^\/v2\/health\/ready$/, answer: () => ({ ready: true }) },
    { method: 'GET', path: new RegExp(`^${MODEL}/ready$`), answer: ({ name }) => ({ name, ready: true }) },
    { method: 'GET', path: new RegExp(`^${MODEL}$`), answer: metadata },
  ],
  decode(body, model) {
    const request = requireObject(body, 'the request');
    const id = property(request, 'id');
    if (id !== undefined && typeof id !== 'string') {
      throw new RequestError(400, `id is ${shown(id)}, and a string is expected`);
    }
    const wanted = wantedOutputs(property(request, 'outputs'), model);
    const inputs = readInputs(requireList(property(request, 'inputs'), 'inputs'), model.signature.inputs);
    return { inputs, encode: (outputs) => encode(outputs, wanted, model, id) };
  },
  errorBody: (_status, message) => ({ error: message }),
};

function readInputs(given: readonly unknown[], specs: readonly TensorSpec[]): NamedTensors {
  const inputs = new Map<string, Tensor>();
  given.forEach((value, i) => {
    const path = `inputs[${i}]`;
    const input = requireObject(value, path);
    const name = property(input, 'name');
    const spec = specs.find((one) => one.name === name);
    if (!spec) throw new RequestError(400, `${path}.name is ${shown(name)}, and the inputs are ${listNames(specs)}`);
    if (inputs.has(spec.name)) throw new RequestError(400, `${path}.name: '${spec.name}' is there twice`);
    inputs.set(spec.name, readInput(input, spec, path));
  });
  const missing = specs.filter(({ name }) => !inputs.has(name));
  if (missing.length > 0) throw new RequestError(400, `inputs lacks ${listNames(missing)}`);
  return inputs;
}

function readInput(input: JsonObject, spec: TensorSpec, path: string): Tensor {
  const name = property(input, 'datatype');
  const declared = typeof name === 'string' ? datatypeOfV2(name) : undefined;
  const expected = DATATYPES[spec.datatype];
  // Numbers of another width are taken as long as each value fits: clients default to FP64 and INT64.
  const convertible = declared && isNumeric(DATATYPES[declared].family) && isNumeric(expected.family);
  if (declared !== spec.datatype && !convertible) {
    throw new RequestError(400, `${path}.datatype is ${shown(name)}, and '${spec.name}' is ${expected.v2}`);
  }
  const data = property(input, 'data');
  if (data === undefined)
    throw new RequestError(400, `${path}.data is missing; tensors come as JSON here, not as binary`);
  return readFlat(data, readShape(property(input, 'shape'), `${path}.shape`), spec, `${path}.data`);
}

function isNumeric(family: string): boolean {
  return family === 'float' || family === 'integer';
}

function wantedOutputs(value: unknown, { signature }: ServedModel): readonly string[] {
  const all = signature.outputs.map(({ name }) => name);
  if (value === undefined) return all;
  const wanted = requireList(value, 'outputs').map((output, i) => {
    const name = property(requireObject(output, `outputs[${i}]`), 'name');
    if (typeof name === 'string' && all.includes(name)) return name;
    const path = `outputs[${i}].name`;
    throw new RequestError(400, `${path} is ${shown(name)}, and the outputs are ${listNames(signature.outputs)}`);
  });
  return wanted.length > 0 ? wanted : all;
}

function listNames(specs: readonly TensorSpec[]): string {
  return specs.map(({ name }) => `'${name}'`).join(', ');
}

function encode(outputs: NamedTensors, wanted: readonly string[], model: ServedModel, id: string | undefined): string {
  const written: string[] = [];
  for (const name of wanted) {
    const tensor = outputs.get(name);
    if (!tensor) continue;
    const head = JSON.stringify({ name, datatype: DATATYPES[tensor.datatype].v2, shape: tensor.shape });
    written.push(`${head.slice(0, -1)},"data":${writeFlat(tensor)}}`);
  }
  const head = JSON.stringify({ model_name: model.name, model_version: model.version, id });
  return `${head.slice(0, -1)},"outputs":[${written.join(',')}]}`;
}

function server(): unknown {
  return { name: 'millrace model-server', version: packageVersion(), extensions: [] };
}

function metadata({ name, version, signature }: ServedModel): unknown {
  const describe = (spec: TensorSpec) => ({
    name: spec.name,
    datatype: DATATYPES[spec.datatype].v2,
    shape: spec.shape.map((size) => size ?? -1),
  });
  return {
    name,
    versions: [version],
    platform: 'onnxruntime_onnx',
    inputs: signature.inputs.map(describe),
    outputs: signature.outputs.map(describe),
  };
}
