import { packageVersion } from '../../../base/version.ts';
import { RequestError } from '../request-error.ts';
import { INFERRING } from '../role.ts';
import { DATATYPES, datatypeOfV2, isNumeric, shown } from '../tensors/datatype.ts';
import { readFlat, readShape } from '../tensors/read-tensor.ts';
import { listNames, type NamedTensors, type Tensor, type TensorSpec } from '../tensors/tensor.ts';
import { writeFlat } from '../tensors/write-tensor.ts';
import { type JsonObject } from '../../../base/json-object.ts';
import { property, requireList, requireObject } from './json-object.ts';
import type { RestProtocol, ServedModel } from './rest-protocol.ts';

const MODEL = '/v2/models/(?<model>[^/]+)(?:/versions/(?<version>[^/]+))?';

/** The Open Inference Protocol over REST: https://github.com/kserve/open-inference-protocol */
export const v2: RestProtocol = {
  routes: [
    { method: 'POST', path: new RegExp(`^${MODEL}/infer$`), roles: INFERRING },
    { method: 'POST', path: new RegExp(`^${MODEL}/route$`), roles: ['router'] },
    { method: 'POST', path: new RegExp(`^${MODEL}/aggregate$`), roles: ['combiner'] },
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
    const inputs = readInputs(requireList(property(request, 'inputs'), 'inputs'), model.signature?.inputs);
    return { inputs, encode: (outputs) => encode(outputs, wanted, model, id) };
  },
  asRequest(answer, path) {
    const { id, outputs } = requireObject(answer, path);
    return { id, inputs: requireList(outputs, `${path}.outputs`) };
  },
  route: (branch) => `[${branch}]`,
  errorBody: (_status, message) => ({ error: message }),
};

/** Of every kind where there are no specs. */
function readInputs(given: readonly unknown[], known: readonly TensorSpec[] | undefined): NamedTensors {
  const inputs = new Map<string, Tensor>();
  given.forEach((value, i) => {
    const path = `inputs[${i}]`;
    const input = requireObject(value, path);
    const name = property(input, 'name');
    const specs = known ?? [ownSpec(input, path)];
    const spec = specs.find((one) => one.name === name);
    if (!spec) throw new RequestError(400, `${path}.name is ${shown(name)}, and the inputs are ${listNames(specs)}`);
    if (inputs.has(spec.name)) throw new RequestError(400, `${path}.name: '${spec.name}' is there twice`);
    inputs.set(spec.name, readInput(input, spec, path));
  });
  const missing = (known ?? []).filter(({ name }) => !inputs.has(name));
  if (missing.length > 0) throw new RequestError(400, `inputs lacks ${listNames(missing)}`);
  return inputs;
}

function ownSpec(input: JsonObject, path: string): TensorSpec {
  const name = property(input, 'name');
  const datatype = property(input, 'datatype');
  if (typeof name !== 'string') throw new RequestError(400, `${path}.name is ${shown(name)}, and a string is expected`);
  const declared = typeof datatype === 'string' ? datatypeOfV2(datatype) : undefined;
  if (declared === undefined) {
    throw new RequestError(
      400,
      `${path}.datatype is ${shown(datatype)}, and one such as FP32, INT64 or BYTES is expected`,
    );
  }
  return { name, datatype: declared, shape: readShape(property(input, 'shape'), `${path}.shape`) };
}

function readInput(input: JsonObject, spec: TensorSpec, path: string): Tensor {
  const name = property(input, 'datatype');
  const declared = typeof name === 'string' ? datatypeOfV2(name) : undefined;
  const expected = DATATYPES[spec.datatype];
  // Numbers of another width are taken as long as each value fits: clients default to FP64 and INT64.
  const convertible = declared && isNumeric(declared) && isNumeric(spec.datatype);
  if (declared !== spec.datatype && !convertible) {
    throw new RequestError(400, `${path}.datatype is ${shown(name)}, and '${spec.name}' is ${expected.v2}`);
  }
  const data = property(input, 'data');
  if (data === undefined)
    throw new RequestError(400, `${path}.data is missing; tensors come as JSON here, not as binary`);
  return readFlat(data, readShape(property(input, 'shape'), `${path}.shape`), spec, `${path}.data`);
}

/** Undefined: all that there are. */
function wantedOutputs(value: unknown, { signature }: ServedModel): readonly string[] | undefined {
  const all = signature?.outputs.map(({ name }) => name);
  if (value === undefined) return all;
  const wanted = requireList(value, 'outputs').map((output, i) => {
    const name = property(requireObject(output, `outputs[${i}]`), 'name');
    if (typeof name === 'string' && (all?.includes(name) ?? true)) return name;
    const path = `outputs[${i}].name`;
    throw new RequestError(
      400,
      `${path} is ${shown(name)}, and the outputs are ${listNames(signature?.outputs ?? [])}`,
    );
  });
  return wanted.length > 0 ? wanted : all;
}

function encode(
  outputs: NamedTensors,
  wanted: readonly string[] | undefined,
  model: ServedModel,
  id: string | undefined,
): string {
  const written: string[] = [];
  for (const name of wanted ?? outputs.keys()) {
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
    platform: signature ? 'onnxruntime_onnx' : 'millrace_script',
    inputs: signature?.inputs.map(describe) ?? [],
    outputs: signature?.outputs.map(describe) ?? [],
  };
}
