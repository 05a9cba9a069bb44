// Every example as its README has it: one command, real model servers, real Kafka. What is pinned is what a reader should see.
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { suite, test } from 'node:test';
import { testBroker } from '../../broker.ts';
import { millrace } from '../../millrace.ts';

interface Expected {
  readonly results: number;
  readonly errors?: number;
  /** The deployment has no topic: it is asked, and results are its answers. */
  readonly asked?: boolean;
  /** Texts of the table; its lines and folds are left out. */
  readonly shown: readonly string[];
  /** Calls of each node, where they are certain. */
  readonly calls: RegExp;
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  'examples/graphs/chain': {
    results: 6,
    errors: 1,
    shown: ['data: [51000,2000]', 'error record MODEL_STATUS', 'a list is expected'],
    calls: /scaler 7, regressor 6, prices 6/,
  },
  'examples/graphs/chain-seldon': {
    results: 6,
    shown: ['ndarray: [[1200]]', 'ndarray: [[144000]]'],
    calls: /euros 6, tax 6, cents 6/,
  },
  'examples/graphs/chain-tensorflow': {
    results: 4,
    errors: 1,
    shown: ['predictions: [[255,255,255]]', 'predictions: [[204,153,51]]', 'error record REQUEST_INVALID'],
    calls: /normalise 4, negative 4, pixels 4/,
  },
  'examples/graphs/router': {
    results: 10,
    shown: ['ndarray: ["hello"]', 'ndarray: ["hallo"]'],
    calls: /language 10, english 5, german 5/,
  },
  'examples/graphs/router-grpc': {
    results: 10,
    shown: ['modelName: "fahrenheit"', 'fp32Contents: [50]'],
    calls: /scale 10, celsius [1-9], fahrenheit [1-9]/,
  },
  'examples/graphs/combiner': {
    results: 5,
    shown: ['ndarray: [[2,4]]', 'ndarray: [[200,2000]]'],
    calls: /average 5, forest 5, boosting 5, network 5/,
  },
  'examples/graphs/average': {
    results: 4,
    shown: ['ndarray: [[10,20,30]]}, meta'],
    calls: /average 4, low 4, high 4/,
  },
  'examples/graphs/ab-test': { results: 100, shown: [], calls: /current [4-9]\d, candidate \d/ },
  'examples/graphs/mix': {
    results: 12,
    shown: ['ndarray: [[20]]', 'ndarray: [[22.5]]'],
    calls: /scaler 12, average 12, base 12, choice 12, small 6, large 6/,
  },
  'examples/graphs/chain-grpc': {
    results: 4,
    shown: ['values: [600]', 'values: [100,200,300]', 'ndarray: [[800,1200]]'],
    calls: /kilos 4, price 4, cents 4/,
  },
  'examples/graphs/mix-tensorflow-grpc': {
    results: 8,
    shown: ['floatVal: [7.5,15]', 'floatVal: [40,80]', 'signatureName: "aggregate"'],
    calls: /scaler 8, average 8, base 8, choice 8, small 5, large 3/,
  },
  'examples/graphs/combiner-v2': {
    results: 4,
    shown: ['shape: [1,4], data: [1,2,10,20]'],
    calls: /join 4, title 4, text 4/,
  },
  'examples/graphs/combiner-v2/grpc.demo.yaml': {
    results: 4,
    shown: ['modelName: "join"', 'fp32Contents: [1,2,10,20]'],
    calls: /join 4, title 4, text 4/,
  },
  'examples/graphs/router-all-none': {
    results: 6,
    shown: ['ndarray: [[16]]', '{data: {ndarray: [[3]]}}'],
    calls: /gate 6, everyone 3, current 3, shadow 3, nobody 3, idle 0/,
  },
  'examples/graphs/methods': {
    results: 4,
    shown: ['ndarray: [[-9,-4]]', 'ndarray: [[21,26]]'],
    calls: /kelvin 4, rounded 4, mean 4, north 4, south 4/,
  },
  'examples/graphs/rpc': {
    results: 4,
    errors: 1,
    asked: true,
    shown: ['ndarray: [[1.25,2.5]]', '400: {status', 'INVALID_ARGUMENT: child 0 answers string'],
    calls: /kilos 8, mean 8, market 8, shop 8/,
  },
  'examples/graphs/rpc/v2.demo.yaml': {
    results: 3,
    asked: true,
    shown: ['model_name: "fahrenheit"', 'modelName: "fahrenheit"', 'data: [86]', 'fp32Contents: [86]'],
    calls: /scale 6, celsius 0, fahrenheit 6/,
  },
  'examples/graphs/rpc/tensorflow.demo.yaml': {
    results: 2,
    asked: true,
    shown: ['predictions: [[0.5,1.5]]', 'floatVal: [0.5,1.5]'],
    calls: /halves 4/,
  },
  'examples/graphs/logger': {
    results: 3,
    shown: ['request of scaler request of scaler request of model response of model', '{data: {ndarray: [[10]]}}'],
    calls: /scaler 3, model 3\s+Logged to a service at http:\S+: 12 payloads/,
  },
  'examples/graphs/logger/topic.demo.yaml': {
    results: 3,
    shown: ['request of scaler request of scaler request of model response of model', '{data: {ndarray: [[10]]}}'],
    calls: /scaler 3, model 3\s+Logged to topic \S+-payloads: 12 payloads/,
  },
  'examples/graphs/feedback': {
    results: 8,
    asked: true,
    shown: ['routing: {choice: 1, squares: -1}', 'reward 1', 'reward 0'],
    calls: /choice 16 \(and 16 times feedback\), doubles (\d+) \(and \1 times feedback\), squares (\d+) \(and \2/,
  },
  'examples/graphs/feedback-stream': {
    results: 6,
    shown: ['routing: {choice: 1}'],
    calls: /choice 6 times feedback, banner 3 times feedback, letter 3 times feedback/,
  },
  'examples/graphs/prepackaged': {
    results: 3,
    shown: ['model_name: "calibration"', 'data: [0.5,2.5]'],
    calls: /scaler 3, trees 3, calibration 3/,
  },
  'examples/graphs/prepackaged/triton.demo.yaml': {
    results: 3,
    shown: ['fp32Contents: [1,2]'],
    calls: /embedder 3/,
  },
  'examples/graphs/prepackaged/tensorflow.demo.yaml': {
    results: 3,
    shown: ['predictions: [[5,10],[15,20]]', 'outputs: [[2.5]]'],
    calls: /halves 3/,
  },
  'examples/graphs/simple-model': { results: 3, shown: ['strData: "hello"'], calls: /Calls of the models: none/ },
  'examples/cifar10': { results: 20, shown: ['floatVal: [0.94', 'rawsP6WkJD'], calls: /resnet32 20/ },
  'examples/digits': {
    results: 500,
    shown: ['id: "digit-0"', 'name: "digit", datatype: "INT64"'],
    calls: /digits 500/,
  },
};

/** What the command is given: a folder, or a file where the folder has several. */
function allExamples(): readonly string[] {
  const files = [...globSync('examples/**/demo.yaml'), ...globSync('examples/**/*.demo.yaml')];
  return files.map((file) => file.replace(/\/demo\.yaml$/, '')).sort();
}

/** The text of a table without its lines: what stands in a column, from top to bottom. */
function tableText(output: string): string {
  const columns: string[] = [];
  for (const line of output.split('\n').filter((one) => one.startsWith('│'))) {
    for (const [index, cell] of line.split('│').slice(1, -1).entries())
      columns[index] = `${columns[index] ?? ''} ${cell.trim()}`;
  }
  return columns.join('\n');
}

/** Where a cell was folded does not matter. */
const packed = (text: string) => text.replace(/\s+/g, '');

suite('examples', { concurrency: 2 }, () => {
  for (const given of allExamples()) {
    test(given, async () => {
      const expected = EXPECTED[given] ?? assert.fail(`nobody says what is to be seen in ${given}`);
      const args = ['demo', given, '--plain', '--broker', testBroker()];
      const { code, stdout, stderr } = await millrace(args);
      assert.equal(code, 0, `${stdout}\n${stderr}`);
      const { results, errors = 0, asked = false, shown, calls } = expected;
      const failed = errors === 0 ? '' : `, ${errors} error record that should be there`;
      const refused = errors === 0 ? '' : `, ${errors} of them the error that should be there`;
      const summary = asked
        ? `Every request was answered over HTTP and over gRPC: ${results} answers${refused}.`
        : `Every request has exactly one answer: ${results} results${failed}.`;
      assert.ok(stdout.includes(summary), stdout);
      const table = packed(tableText(stdout));
      for (const text of shown) assert.ok(table.includes(packed(text)), `${text} is not in\n${stdout}`);
      assert.match(stdout, calls);
    });
  }

  test('each that is expected is there', () => {
    assert.deepEqual(allExamples(), Object.keys(EXPECTED).sort());
  });
});
