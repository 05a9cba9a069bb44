import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { formatPath } from '../../../src/deployment/path.ts';
import { seldonPredictorServers } from '../../../src/deployment/predictor-servers.ts';
import { validateDeployment } from '../../../src/deployment/validate.ts';
import { parse, problemsIn, SAMPLE, sampleWith } from './sample.ts';
import { expectations, variable, withKeda, withVariable } from './validate-expectations.ts';

const servers = seldonPredictorServers;

suite('what Seldon does not check', () => {
  test('the sample itself is spotless', () => {
    assert.deepEqual(problemsIn(SAMPLE), []);
  });

  for (const [name, { change, severity, at, says, remedy }] of Object.entries(expectations)) {
    test(name, () => {
      const problems = problemsIn(sampleWith(...change));
      const found = problems.find((problem) => formatPath(problem.at) === at && says.test(problem.message));
      assert.ok(found, `not among ${JSON.stringify(problems, null, 2)}`);
      assert.equal(found.severity, severity);
      assert.match(found.remedy ?? '', remedy ?? /./);
    });
  }

  test('a server without an image for the protocol', () => {
    const warned = (server: string, protocol: string, image = '') => {
      const container = { name: 'm', image };
      const document = parse(`
        apiVersion: machinelearning.seldon.io/v1
        kind: SeldonDeployment
        metadata: { name: d }
        spec:
          protocol: ${protocol}
          predictors:
            - name: p
              graph: { name: m, implementation: ${server}, modelUri: 's3://m' }
              componentSpecs: [{ spec: { containers: [${JSON.stringify(container)}] } }]`);
      const problems = validateDeployment(document, { servers });
      return problems.filter(({ rule }) => rule === 'server-image').map(({ severity, remedy }) => [severity, remedy]);
    };
    const remedy = 'set spec.protocol to v2, or add a container with an image';
    assert.deepEqual(warned('TRITON_SERVER', 'seldon'), [['warning', remedy]]);
    assert.deepEqual(warned('TRITON_SERVER', 'tensorflow'), [['warning', remedy]]);
    assert.deepEqual(warned('TRITON_SERVER', 'kfserving'), []);
    assert.deepEqual(warned('TRITON_SERVER', 'seldon', 'registry.example/triton'), []);
    assert.equal(warned('TENSORFLOW_SERVER', 'v2').length, 1);
    // An error already.
    assert.deepEqual(warned('SKLEARN_SERVER', 'tensorflow'), []);
  });

  test('two predictors of one name', () => {
    const second = SAMPLE.slice(SAMPLE.indexOf('    - name: model'));
    const problems = problemsIn(SAMPLE + second);
    assert.ok(
      problems.some(
        ({ path, message }) => path === 'spec.predictors[1]' && /second predictor is named 'model'/.test(message),
      ),
    );
    assert.ok(problems.some(({ rule }) => rule === 'every-record-twice'));
  });

  test('predictors with input topics of their own are not said to share records', () => {
    const second = SAMPLE.slice(SAMPLE.indexOf('    - name: model'))
      .replace('images', 'others')
      .replace('model', 'second');
    assert.equal(
      problemsIn(SAMPLE + second).some(({ rule }) => rule === 'every-record-twice'),
      false,
    );
  });

  test('fields that are not for Seldon to know are left alone', () => {
    const inPod = sampleWith(
      'image: tensorflow/serving',
      'image: i\n                tty: true\n            hostNetwork: true',
    );
    assert.deepEqual(problemsIn(inPod), []);
    const free = sampleWith('  name: cifar10\n', '  name: cifar10\n  uid: u\n  labels: {whatever: x}\n');
    assert.deepEqual(problemsIn(free), []);
    assert.deepEqual(problemsIn(`${SAMPLE}status: {anything: 1}\n`), []);
  });

  test('a field that nobody reads stays in the document', () => {
    const { replicas, ...rest } = parse(SAMPLE).spec.predictors[0] ?? assert.fail('no predictor');
    assert.deepEqual(parse(sampleWith('replicas: 1', 'replicsa: 1')).spec.predictors[0], {
      ...rest,
      replicsa: replicas,
    });
  });

  test('values that are known only at run time are left alone', () => {
    const fromSecret = sampleWith('value: broker:9092', 'valueFrom: {secretKeyRef: {name: s, key: k}}');
    assert.deepEqual(problemsIn(fromSecret), []);
    assert.deepEqual(problemsIn(sampleWith('value: images', 'value: $(PREFIX) images')), []);
  });

  test('a secret value is never shown', () => {
    const problems = problemsIn(sampleWith(...withVariable('KAFKA_SASL_PASSWORD', 'hunter2')));
    assert.deepEqual(problems, []);
    const many = problemsIn(
      sampleWith(
        '        env:\n',
        variable('KAFKA_SASL_PASSWORD', 'hunter2') +
          variable('KAFKA_SASL_PASSWORT', 'hunter2').replace('        env:\n', ''),
      ),
    );
    assert.equal(many.length, 1);
    assert.doesNotMatch(JSON.stringify(many), /hunter2/);
  });

  test('a trigger in a deployment without namespace may name any', () => {
    const text = sampleWith(...withKeda('bootstrapServers: b, consumerGroup: model.cifar10.any')).replace(
      '  namespace: vision\n',
      '',
    );
    assert.deepEqual(problemsIn(text), []);
  });
});

test('validation never throws and always gives a remedy', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('MODEL', 'ROUTER', 'kafka', 'm', 'KAFKA_BROKER', '__proto__', 'constructor'),
  );
  const unit = fc.letrec((tie) => ({
    unit: fc.record(
      {
        name: word,
        type: word,
        implementation: word,
        methods: fc.array(word),
        children: fc.array(tie('unit'), { maxLength: 3, depthIdentifier: 'u' }),
      },
      { requiredKeys: ['name'] },
    ),
  })).unit;
  const variables = fc.array(fc.record({ name: word, value: word }));
  const documents = fc.record({
    predictors: fc.array(
      fc.record({
        name: word,
        graph: unit,
        traffic: fc.integer(),
        shadow: fc.boolean(),
        svcOrchSpec: fc.record({ env: variables }),
      }),
    ),
    protocol: word,
    serverType: word,
  });
  fc.assert(
    fc.property(documents, (spec) => {
      const { predictors: _, ...rest } = parse(SAMPLE).spec;
      const document = parse(JSON.stringify({ ...parse(SAMPLE), spec: { ...rest, ...spec } }));
      for (const problem of validateDeployment(document, { servers })) {
        assert.ok(problem.remedy && problem.message && problem.rule);
      }
    }),
  );
});
