// Client libraries that no one here wrote, against Millrace's own HTTP and gRPC servers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startModelServer } from '../../../src/dev/model-server/server.ts';
import { startFront, type FrontOptions } from '../../peers/front.ts';
import { Mlserver, trainDigits } from '../../peers/mlserver.ts';
import { installPeers } from '../../peers/peer-packages.ts';

const CLIENT_LIMIT_MS = 240_000;

const [newer, older] = [await installPeers('mlserver'), await installPeers('seldon')];
const folder = await mkdtemp(join(tmpdir(), 'millrace-clients-'));
after(() => rm(folder, { recursive: true, force: true }));

/** Sixty-four pixels each. */
const lines = (await readFile('examples/digits/requests.jsonl', 'utf8')).trim().split('\n').slice(0, 40);
const pictures = lines.map((line) => (JSON.parse(line) as { inputs: [{ data: number[] }] }).inputs[0].data);
const picturesFile = join(folder, 'pictures.json');
await writeFile(picturesFile, JSON.stringify(pictures));

/** Runs a script of test/peers/clients; what it says. */
async function client(python: string, name: string, ...args: readonly (string | number)[]): Promise<unknown> {
  const script = fileURLToPath(new URL(`../../peers/clients/${name}.py`, import.meta.url));
  const { stdout } = await promisify(execFile)(python, [script, ...args.map(String)], { timeout: CLIENT_LIMIT_MS });
  return JSON.parse(stdout);
}

async function front(context: TestContext, options: FrontOptions) {
  const started = await startFront(options);
  context.after(() => started.end());
  return started;
}

async function digitsServer(context: TestContext) {
  const server = await startModelServer({
    ...{ name: 'digits', model: 'examples/digits/digits.onnx', port: 0, grpcPort: 0, threads: 1 },
  });
  context.after(() => server.close());
  return { service_host: '127.0.0.1', httpPort: server.port, grpcPort: server.grpcPort };
}

interface ServingSaid {
  readonly digits: readonly number[];
  readonly probabilities: readonly (readonly number[])[];
  readonly [question: string]: unknown;
}

test(
  "a client of TensorFlow Serving finds in Millrace's gRPC server what it looks for",
  { skip: older.skip },
  async (context) => {
    const endpoint = await digitsServer(context);
    const graph = { name: 'digits', type: 'MODEL', endpoint };
    const { grpcPort } = await front(context, { protocol: 'tensorflow', graph });
    const asked = (port: number) => client(older.python, 'serving_client', port, picturesFile);
    const { digits, probabilities, ...said } = (await asked(grpcPort)) as ServingSaid;
    const labels = (await readFile('examples/digits/labels.txt', 'utf8'))
      .split('\n')
      .slice(0, pictures.length)
      .map(Number);
    const right = digits.filter((digit, index) => digit === labels[index]).length;
    assert.ok(right >= 38, `${right} of ${pictures.length} digits were read`);
    assert.deepEqual(
      probabilities.map((row) => row.indexOf(Math.max(...row))),
      digits,
    );
    assert.deepEqual(said, {
      model: 'digits',
      'wrong shape': ['INVALID_ARGUMENT', "input 'pixels' has the shape [40,7], and input 'pixels' takes [?,64]"],
      'no model': ['NOT_FOUND', "no model 'letters' is served here, only 'digits'"],
      status: [[1, 'AVAILABLE']],
      inputs: ['pixels'],
      outputs: ['digit', 'probabilities'],
    });
  },
);

test(
  "Triton's clients see no difference between MLServer and Millrace in front of it",
  { skip: newer.skip },
  async (context) => {
    const mlserver = await Mlserver.create(newer.python, folder);
    context.after(() => mlserver.stop());
    const [[example]] = [await trainDigits(newer.python, folder), await mlserver.start()];
    assert.ok(example);
    const { restPort, grpcPort } = mlserver;
    const endpoint = { service_host: '127.0.0.1', httpPort: restPort, grpcPort };
    const before = await front(context, { protocol: 'v2', graph: { name: 'digits', type: 'MODEL', endpoint } });
    const ports = [restPort, grpcPort, before.httpPort, before.grpcPort];
    const said = (await client(newer.python, 'triton_client', ...ports, picturesFile)) as readonly Said[][];
    const [directly, through] = said;
    assert.deepEqual(through, directly);
    assert.equal(through?.length, 2, 'over HTTP and over gRPC');
    for (const transport of through ?? []) {
      const { live, ready, model, name, id, digits } = transport;
      assert.deepEqual([live, ready, model, name, id], [true, true, true, 'digits', 'from triton']);
      assert.equal(digits.length, pictures.length);
      assert.ok(transport['wrong shape'], 'an error is one for the client too');
    }
  },
);

interface Said {
  readonly live: boolean;
  readonly ready: boolean;
  readonly model: boolean;
  readonly name: string;
  readonly id: string;
  readonly digits: readonly number[];
  readonly 'wrong shape': readonly string[] | null;
}

const [picture = []] = pictures;
const reflected = [
  {
    protocol: 'tensorflow',
    services: ['tensorflow.serving.ModelService', 'tensorflow.serving.PredictionService'],
    ask: ['tensorflow.serving.ModelService', 'GetModelStatus', { modelSpec: { name: 'digits' } }],
    answer: /"state":"AVAILABLE"/,
  },
  {
    protocol: 'v2',
    services: ['inference.GRPCInferenceService'],
    ask: [
      'inference.GRPCInferenceService',
      'ModelInfer',
      {
        modelName: 'digits',
        inputs: [{ name: 'pixels', datatype: 'FP32', shape: ['1', '64'], contents: { fp32Contents: picture } }],
      },
    ],
    answer: /"int64Contents":\["0"\]/,
  },
  {
    protocol: 'seldon',
    services: ['seldon.protos.Seldon'],
    ask: ['seldon.protos.Seldon', 'Predict', { data: { tensor: { shape: [1, 64], values: picture } } }],
    answer: /"shape":\[1,10\],"values":\[0\.99/,
  },
] as const;

test(
  'who knows nothing of a service learns it by reflection and can call it',
  { skip: newer.skip },
  async (context) => {
    const endpoint = await digitsServer(context);
    const graph = { name: 'digits', type: 'MODEL', endpoint };
    for (const { protocol, services, ask, answer } of reflected) {
      const { grpcPort } = await front(context, { protocol, graph });
      const [service, method, request] = ask;
      const said = (await client(
        newer.python,
        'reflection_client',
        grpcPort,
        service,
        method,
        JSON.stringify(request),
      )) as {
        readonly services: readonly string[];
        readonly methods: readonly string[];
        readonly answer: object;
        readonly health: object;
      };
      const always = ['grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection'];
      assert.deepEqual(said.services, [...always, ...services].sort());
      assert.ok(said.methods.includes(method), method);
      assert.match(JSON.stringify(said.answer), answer);
      assert.deepEqual(said.health, { status: 'SERVING' });
    }
  },
);
