import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeProblem } from '../../../src/base/errors.ts';
import type { ArrivedRecord } from '../../../src/dev/demo/ledger/arrived-record.ts';
import { placedDeployment } from '../../../src/dev/demo/placed-deployment.ts';
import type { SeldonDeployment } from '../../../src/deployment/seldon-deployment.ts';
import { ExampleLedger } from '../../../src/dev/example/example-ledger.ts';
import { readExample } from '../../../src/dev/example/read-example.ts';

const REST = `apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: { name: words }
spec:
  serverType: kafka
  protocol: seldon
  predictors:
    - name: main
      svcOrchSpec: { env: [{ name: KAFKA_INPUT_TOPIC, value: asked }, { name: KAFKA_OUTPUT_TOPIC, value: answered }] }
      graph:
        name: choice
        type: ROUTER
        children: [{ name: small, type: MODEL }, { name: large, type: MODEL }]
`;
const GRPC = REST.replace('protocol: seldon', 'protocol: v2\n  transport: grpc');

const NODES = `nodes:
  choice: --role router --branch hash
  small: --constant '[[1]]'
  large: --scale 2 --add=1
`;

function read(text: string, deployment = REST) {
  return readExample(text, 'folder/demo.yaml', {
    text: (path) => {
      assert.equal(path, 'folder/deployment.yaml');
      return deployment;
    },
    exists: (path) => /^folder\/requests\.(?:jsonl|bin)$/.test(path),
  });
}

function problems(text: string, deployment?: string): string {
  const { example, problems: found } = read(text, deployment);
  assert.equal(example, undefined);
  return found.map(describeProblem).join('\n');
}

test('example: what it says, and what the deployment says', () => {
  const { example, problems: none } = read(`about: >\n  It chooses\n  well.\n${NODES}expectErrors: 2\n`);
  assert.deepEqual(none, []);
  assert.ok(example);
  assert.equal(example.about, 'It chooses well.');
  assert.equal(example.expectErrors, 2);
  const { plan } = example;
  assert.deepEqual(
    [plan.deploymentName, plan.predictor, plan.inputTopic, plan.outputTopic, plan.transport],
    ['words', 'main', 'asked', 'answered', 'rest'],
  );
  assert.deepEqual(
    plan.nodes.map(({ name, flags, title }) => [name, title, flags]),
    [
      ['choice', 'router choice', { role: 'router', branch: 'hash' }],
      ['small', 'model small', { constant: '[[1]]' }],
      ['large', 'model large', { scale: '2', add: '1' }],
    ],
  );
  assert.deepEqual(plan.produce, ['folder/requests.jsonl']);
  assert.deepEqual(example.requests, { file: 'folder/requests.jsonl', format: 'json', protoName: undefined });
});

test('example: over gRPC requests are messages, and only a file of messages can be produced as it is', () => {
  const lines = read(`about: x\n${NODES}`, GRPC).example;
  assert.equal(lines?.requests.protoName, 'inference.ModelInferRequest');
  assert.deepEqual(lines.plan.produce, []);
  const frames = read(`about: x\nrequests: requests.bin\n${NODES}`, GRPC).example;
  assert.equal(frames?.requests.format, 'protobuf');
  const asked = ['folder/requests.bin', '--format', 'protobuf', '--proto-name', 'inference.ModelInferRequest'];
  assert.deepEqual(frames.plan.produce, asked);
});

test('example: problems carry their line and what to do', () => {
  const wrong: readonly (readonly [text: string, problem: RegExp, deployment?: string])[] = [
    ['', /^document \(line 1\): the file is empty; begin with about:/],
    [`about: x\n`, /^nodes \(line 1\): is missing; add nodes/],
    [`about: x\nnode: {}\n${NODES}`, /^node \(line 2\): there is no field 'node' here; did you mean nodes\?/],
    [`about: x\nexpectErrors: -1\n${NODES}`, /^expectErrors \(line 2\): -1 is no number of error records; write 0/],
    [`about: x\nrequests: none.jsonl\n${NODES}`, /^requests \(line 2\): there is no file 'folder\/none\.jsonl'/],
    [`about: x\nrequests: requests.bin\n${NODES}`, /^requests \(line 2\): .* over REST; give JSON lines/],
    [`about: x\nprotoName: a.B\n${NODES}`, /^protoName \(line 2\): .* over REST; leave protoName out/],
    [`about: x\nprotoName: a.B\n${NODES}`, /^protoName \(line 2\): no protocol has the message 'a\.B'; .* inference\.ModelInferRequest/, GRPC], // prettier-ignore
    [`about: x\n${NODES}`, /^document \(line 1\): .*folder\/deployment\.yaml/, 'kind: Other\n'],
    [`about: x\n${NODES}  other: --echo\n`, /^nodes\.other \(line 6\): the graph calls no node 'other'; use one of choice, small, large/], // prettier-ignore
    [
      `about: x\n${NODES.replace(/ {2}small.*\n/, '')}`,
      /^nodes \(line 2\): nothing plays the node 'small'; add small:/,
    ],
    [
      `about: x\n${NODES.replace(/--role router.*/, '--echo')}`,
      /^nodes\.choice \(line 3\): .*router.*; write --role router/,
    ],
    [
      `about: x\n${NODES.replace('--branch', '--brunch')}`,
      /^nodes\.choice \(line 3\): .*no option --brunch; did you mean branch/,
    ],
    [
      `about: x\n${NODES.replace('--scale 2', '--scale two')}`,
      /^nodes\.large \(line 5\): --scale: 'two' is not a number/,
    ],
    [`about: x\n${NODES.replace("'[[1]]'", "'[[1]]")}`, /^nodes\.small \(line 4\): a quote is not closed/],
    [`about: x\n${NODES.replace('--scale 2', '--port 1')}`, /^nodes\.large \(line 5\): --port is for the demo to say/],
    [`about: x\n${NODES.replace('--scale 2 --add=1', '--model no.onnx')}`, /^nodes\.large \(line 5\): there is no model file 'folder\/no\.onnx'/], // prettier-ignore
    [`about: x\n${NODES.replace('--scale 2', '--echo --scale 2')}`, /^nodes\.large \(line 5\): .*does one thing/],
    [`about: x\n${NODES.replace('--add=1', '--add')}`, /^nodes\.large \(line 5\): --add has no value/],
  ];
  for (const [text, problem, deployment] of wrong) assert.match(problems(text, deployment), problem);
});

test('example: where requests are answered, they are asked over gRPC too, and their truth may be told', () => {
  const asked = REST.replace('serverType: kafka', 'serverType: rpc');
  const readAsked = (text: string, deployment: string) => {
    const exists = (path: string) => /^folder\/(?:requests|grpc|truth)\.jsonl$/.test(path);
    return readExample(`about: x\n${text}${NODES}`, 'folder/demo.yaml', { text: () => deployment, exists });
  };
  const { example } = readAsked('truth: truth.jsonl\n', asked);
  assert.deepEqual([example?.plan.server, example?.truth], ['rpc', 'folder/truth.jsonl']);
  const seldon = { file: 'folder/requests.jsonl', format: 'json', protoName: 'seldon.protos.SeldonMessage' };
  assert.deepEqual(example?.grpcRequests, seldon);
  // The JSON of the other protocols is not that of their messages.
  const v2 = asked.replace('protocol: seldon', 'protocol: v2');
  assert.equal(readAsked('', v2).example?.grpcRequests, undefined);
  assert.equal(readAsked('grpcRequests: grpc.jsonl\n', v2).example?.grpcRequests?.file, 'folder/grpc.jsonl');
  const wrong: readonly (readonly [string, RegExp, string])[] = [
    ['truth: truth.jsonl\n', /^truth \(line 2\): the v2 protocol has no feedback/, v2],
    ['truth: none.jsonl\n', /^truth \(line 2\): there is no file 'folder\/none\.jsonl'/, asked],
    [
      'grpcRequests: grpc.jsonl\n',
      /^grpcRequests \(line 2\): .*reads a topic; .*serverType: rpc/,
      asked.replace('rpc', 'kafka'),
    ],
  ];
  for (const [text, problem, deployment] of wrong) {
    assert.match(readAsked(text, deployment).problems.map(describeProblem).join('\n'), problem);
  }
});

test('example: payloads are logged where a unit has a logger', () => {
  const logging = REST.replace('type: ROUTER', 'type: ROUTER\n        logger: { mode: all }');
  assert.equal(read(`about: x\n${NODES}`).example?.plan.payloadLog, undefined);
  assert.equal(read(`about: x\n${NODES}`, logging).example?.plan.payloadLog, 'http');
  assert.equal(read(`about: x\npayloadLog: topic\n${NODES}`, logging).example?.plan.payloadLog, 'topic');
  const topic = `about: x\npayloadLog: topic\n${NODES}`;
  assert.match(problems(topic), /^payloadLog \(line 2\): no unit has a logger/);
  assert.match(problems(topic, logging.replace('kafka', 'rpc')), /^payloadLog \(line 2\): .*without Kafka; write http/);
  assert.match(problems(topic.replace('topic', 'file'), logging), /^payloadLog \(line 2\): 'file' is no place/);
});

test('a placed deployment has both ports of every node, and nothing else is lost', () => {
  const nodes = ['choice', 'large'].map((name, index) => {
    return { name, flags: {}, title: name, port: 9000 + index, grpcPort: 9100 + index };
  });
  const { spec } = JSON.parse(placedDeployment(REST, 'deployment.yaml', 'words', nodes)) as SeldonDeployment;
  const [predictor] = spec.predictors;
  const [small, large] = predictor?.graph.children ?? [];
  const place = (port: number, grpcPort: number) => {
    return { service_host: '127.0.0.1', service_port: port, httpPort: port, grpcPort };
  };
  assert.deepEqual([predictor?.graph.endpoint, large?.endpoint], [place(9000, 9100), place(9001, 9101)]);
  assert.deepEqual([small?.endpoint, small?.type, predictor?.svcOrchSpec?.env?.length], [undefined, 'MODEL', 2]);
});

test('example ledger: each request has one end, and as many fail as should', () => {
  const requests = ['a', 'b', 'c'].map((key) => ({ key, value: Buffer.from(key) }));
  const record = (key: string, offset: number, code = ''): ArrivedRecord => {
    return { key, source: `in/0/${offset}`, value: null, protoName: '', code, message: code && 'why', response: '' };
  };
  const sent = (expectErrors: number) => {
    const ledger = new ExampleLedger(requests, 'in', expectErrors);
    for (const index of requests.keys()) ledger.send(index, 0, 0);
    return ledger;
  };
  const right = sent(1);
  right.result(record('a', 0), 5);
  right.error(record('b', 1, 'MODEL_STATUS'), 6);
  assert.deepEqual(right.problems(), ['1 requests have no answer: c']);
  right.result(record('c', 2), 7);
  assert.deepEqual([right.problems(), right.results, right.errors, right.ended, right.latestMs], [[], 2, 1, 3, 7]);
  right.result(record('c', 2), 8);
  assert.match(right.problems().join(), /c was answered twice/);

  const unexpected = sent(0);
  for (const [index, { key }] of requests.entries()) {
    if (key === 'b') unexpected.error(record(key, index, 'MODEL_TIMEOUT'), 1);
    else unexpected.result(record(key, index), 1);
  }
  assert.deepEqual(unexpected.problems(), ['1 requests have failed, and 0 should', 'b: MODEL_TIMEOUT why']);
});
