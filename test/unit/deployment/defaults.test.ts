import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { applyDefaults } from '../../../src/deployment/defaults.ts';
import { seldonPredictorServers } from '../../../src/deployment/predictor-servers.ts';
import type { PredictiveUnit, SeldonDeployment } from '../../../src/deployment/seldon-deployment.ts';
import { goldenCases } from './golden.ts';
import { parse, SAMPLE } from './sample.ts';

const options = { servers: seldonPredictorServers, creationTimestamp: '<time of defaulting>' };

/** Without what only Go's printing adds: empty objects and names, and quantities as text. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, inner]): [string, unknown] => [
      key,
      key === 'limits' || key === 'requests' ? texts(inner) : comparable(inner),
    ])
    .filter(
      ([, inner]) => inner !== '' && !(typeof inner === 'object' && inner !== null && Object.keys(inner).length === 0),
    );
  return Object.fromEntries(entries);
}

const texts = (quantities: unknown): unknown =>
  Object.fromEntries(Object.entries(quantities as object).map(([name, quantity]) => [name, String(quantity)]));

suite("the operator's own results", () => {
  for (const golden of goldenCases()) {
    test(golden.name, () => {
      const given = parse(golden.yaml);
      const before = structuredClone(given);
      const defaulted = applyDefaults(given, options);
      assert.deepEqual(comparable(defaulted.spec), comparable(golden.defaultedSpec));
      assert.deepEqual(given, before, 'the given document is as it was');
      assert.deepEqual(applyDefaults(defaulted, options), defaulted, 'twice is the same as once');
    });
  }
});

const unitNames = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const graph = fc.letrec<{ unit: PredictiveUnit }>((tie) => ({
  unit: fc.record(
    {
      name: unitNames,
      type: fc.constantFrom('MODEL', 'ROUTER', 'COMBINER'),
      implementation: fc.constantFrom('SKLEARN_SERVER', 'RANDOM_ABTEST', 'TRITON_SERVER'),
      endpoint: fc.record({ httpPort: fc.integer({ min: 1, max: 65_535 }), type: fc.constantFrom('REST', 'GRPC') }),
      children: fc.array(tie('unit'), { maxLength: 2, depthIdentifier: 'graph' }),
    },
    { requiredKeys: ['name'] },
  ),
})).unit;
const container = fc.record(
  {
    name: unitNames,
    image: fc.constant('i'),
    ports: fc.array(fc.record({ name: fc.constantFrom('http', 'grpc', 'metrics', 'x'), containerPort: fc.nat() }), {
      maxLength: 3,
    }),
    volumeMounts: fc.constant([{ name: 'podinfo', mountPath: '/old' }]),
  },
  { requiredKeys: ['name'] },
);
const deployments: fc.Arbitrary<SeldonDeployment> = fc
  .record({
    predictors: fc.array(
      fc.record({
        name: fc.constantFrom('p', 'q'),
        graph,
        componentSpecs: fc.array(
          fc.record({ spec: fc.record({ containers: fc.array(container, { maxLength: 3 }) }) }),
          { maxLength: 3 },
        ),
      }),
      { maxLength: 3 },
    ),
    protocol: fc.constantFrom('seldon', 'v2', 'tensorflow'),
    transport: fc.constantFrom('rest', 'grpc'),
  })
  .map((spec) => ({ ...parse(SAMPLE), spec }));

test('defaulting twice is the same as once, whatever the graph', () => {
  fc.assert(
    fc.property(deployments, (deployment) => {
      const once = applyDefaults(deployment, options);
      assert.deepEqual(applyDefaults(once, options), once);
    }),
    { numRuns: 300 },
  );
});

suite('what the golden cases do not show', () => {
  test('an orchestrator in a pod of its own reaches every unit through a service', () => {
    const sample = parse(SAMPLE);
    const annotations = { 'seldon.io/engine-separate-pod': 'TRUE' };
    const { spec } = applyDefaults({ ...sample, spec: { ...sample.spec, annotations } });
    assert.equal(spec.predictors[0]?.graph.endpoint?.service_host, 'cifar10-model-resnet32.vision.svc.cluster.local');
  });

  test('an unknown field of the document stays', () => {
    const sample = { ...parse(SAMPLE), extra: 1 };
    assert.ok('extra' in applyDefaults(sample));
  });

  test('a namespace is filled in', () => {
    const sample = parse(SAMPLE);
    assert.equal(applyDefaults({ ...sample, metadata: { name: 'x' } }).metadata.namespace, 'default');
  });
});
