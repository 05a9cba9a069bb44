import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { MillraceError } from '../../../src/base/errors.ts';
import { parseDeployment, predictorFromJson, readDeployments } from '../../../src/deployment/parse.ts';
import { parse, SAMPLE, sampleWith } from './sample.ts';

function onlyProblem(text: string) {
  const { problems } = readDeployments(text);
  assert.equal(problems.length, 1, JSON.stringify(problems));
  return problems[0] ?? assert.fail();
}

suite('a document that is well-formed', () => {
  test('is read from YAML, with the line of each part', () => {
    const { deployment, lineOf } = parseDeployment(SAMPLE);
    assert.equal(deployment.spec.predictors[0]?.graph.name, 'resnet32');
    assert.equal(lineOf(['spec', 'predictors', 0, 'graph', 'type']), 28);
    assert.equal(lineOf(['spec', 'predictors', 0, 'graph', 'absent', 3]), 26, 'the nearest part that exists');
  });

  test('is read from JSON, also indented with tabs', () => {
    const deployment = parse(SAMPLE);
    assert.deepEqual(parse(JSON.stringify(deployment, null, '\t')), deployment);
  });

  test('is read in the alpha versions', () => {
    for (const version of ['v1alpha2', 'v1alpha3']) {
      assert.equal(parse(sampleWith('io/v1', `io/${version}`)).apiVersion, `machinelearning.seldon.io/${version}`);
    }
  });

  test('keeps fields that nobody knows, and drops known ones that are null', () => {
    const deployment = parse(sampleWith('  protocol: tensorflow', '  protocol: null\n  madeUp: {a: [1, null]}'));
    assert.deepEqual(
      Object.entries(deployment.spec).filter(([name]) => name === 'madeUp'),
      [['madeUp', { a: [1, null] }]],
    );
    assert.equal('protocol' in deployment.spec, false);
  });

  test('may use anchors and merge keys, as kubectl allows', () => {
    const text = sampleWith('      replicas: 1', '      labels: &l {a: b}\n      annotations: {<<: *l, c: d}');
    assert.deepEqual(parse(text).spec.predictors[0]?.annotations, { a: 'b', c: 'd' });
  });

  test('survives a key named __proto__', () => {
    const deployment = parse(
      sampleWith('  namespace: vision', '  __proto__: {polluted: true}\n  labels: {__proto__: "x"}'),
    );
    assert.equal('polluted' in {}, false);
    assert.equal('polluted' in deployment.metadata, false);
    assert.ok(Object.hasOwn(deployment.metadata, '__proto__'));
  });

  test('comes back from print and parse with nothing lost', () => {
    const unknown = fc.dictionary(
      fc.string({ minLength: 1 }).map((key) => `x-${key}`),
      fc.jsonValue({ maxDepth: 3 }),
    );
    const strings = fc.dictionary(fc.string(), fc.string());
    fc.assert(
      fc.property(unknown, unknown, strings, fc.string(), (inSpec, inContainer, annotations, value) => {
        const base = parse(SAMPLE);
        const [predictor] = base.spec.predictors;
        const spec = { containers: [{ ...inContainer, name: 'resnet32', env: [{ name: 'X', value }] }] };
        const document = {
          ...base,
          spec: { ...base.spec, ...inSpec, predictors: [{ ...predictor, annotations, componentSpecs: [{ spec }] }] },
        };
        const want: unknown = JSON.parse(JSON.stringify(document));
        assert.deepEqual(JSON.parse(JSON.stringify(parse(stringify(document)))), want);
        assert.deepEqual(JSON.parse(JSON.stringify(parse(JSON.stringify(document)))), want);
      }),
      { numRuns: 100 },
    );
  });
});

suite('a document that is not well-formed says what, where and how to mend it', () => {
  test('a tab as indentation', () => {
    const problem = onlyProblem(sampleWith('  name: cifar10', '\tname: cifar10'));
    assert.equal(problem.line, 4);
    assert.match(problem.message, /indented with a tab/);
    assert.match(problem.remedy ?? '', /spaces/);
  });

  test('other YAML errors', () => {
    assert.match(onlyProblem('a: [1\nb: 2').message, /not YAML: .*\]/);
    assert.match(onlyProblem('a: "x').message, /closing/);
    assert.match(onlyProblem('a: *nope').message, /alias/);
  });

  test('a key given twice', () => {
    const problem = onlyProblem(sampleWith('  transport: rest', '  transport: rest\n  transport: grpc'));
    assert.deepEqual([problem.path, problem.line], ['spec.transport', 9]);
    assert.match(problem.message, /twice/);
  });

  test('a wrong kind and a wrong apiVersion', () => {
    const kind = onlyProblem(sampleWith('SeldonDeployment', 'Deployment'));
    assert.deepEqual([kind.path, kind.line], ['kind', 2]);
    assert.match(kind.message, /'Deployment' is not SeldonDeployment/);
    const version = onlyProblem(sampleWith('seldon.io/v1', 'seldon.io/v2'));
    assert.deepEqual([version.path, version.line], ['apiVersion', 1]);
    assert.equal(onlyProblem(sampleWith('kind: SeldonDeployment\n', '')).path, 'kind');
  });

  test('replicas: "two"', () => {
    const problem = onlyProblem(sampleWith('replicas: 1', 'replicas: "two"'));
    assert.deepEqual([problem.path, problem.line], ['spec.predictors[0].replicas', 12]);
    assert.match(problem.message, /'two', where a whole number .* is expected/);
  });

  test('numbers in quotes, fractions and numbers that are too large', () => {
    assert.match(onlyProblem(sampleWith('replicas: 1', 'replicas: "2"')).remedy ?? '', /2 without quotes/);
    assert.match(onlyProblem(sampleWith('replicas: 1', 'replicas: 1.5')).message, /1\.5/);
    assert.match(onlyProblem(sampleWith('replicas: 1', 'replicas: 9999999999')).message, /9999999999/);
  });

  test('a number where text belongs is not shown: it may be a password', () => {
    const problem = onlyProblem(sampleWith('value: broker:9092', 'value: 81726354'));
    assert.equal(problem.path, 'spec.predictors[0].svcOrchSpec.env[0].value');
    assert.match(problem.remedy ?? '', /quotes/);
    assert.doesNotMatch(JSON.stringify(problem), /81726354/);
  });

  test('missing required fields', () => {
    const { problems } = readDeployments(
      'apiVersion: machinelearning.seldon.io/v1\nkind: SeldonDeployment\nspec:\n  predictors:\n  - {}\n',
    );
    assert.deepEqual(
      problems.map(({ path, line }) => [path, line]),
      [
        ['spec.predictors[0].name', 5],
        ['spec.predictors[0].graph', 5],
        ['metadata', 1],
      ],
    );
  });

  test('a graph that is no object, a list that is none', () => {
    const graph = onlyProblem(
      sampleWith('      graph:\n        name: resnet32\n        type: MODEL\n', '      graph: resnet32\n'),
    );
    assert.deepEqual([graph.path, graph.line], ['spec.predictors[0].graph', 26]);
    assert.match(graph.message, /'resnet32', where an object/);
    const list = onlyProblem(sampleWith('        type: MODEL', '        children: {name: x}'));
    assert.match(list.message, /an object, where a list is expected/);
  });

  test('a document that is no object, and no document', () => {
    assert.match(onlyProblem('- a').message, /a list/);
    assert.match(onlyProblem('hello').message, /a single value/);
    assert.match(onlyProblem('').message, /empty/);
    assert.match(onlyProblem('---\n---\n').message, /empty/);
  });

  test('a needed field that is misspelt', () => {
    const problem = onlyProblem(sampleWith('      graph:\n', '      graf:\n'));
    assert.deepEqual(
      [problem.path, problem.remedy],
      ['spec.predictors[0].graph', "is 'graf' meant to be it? write graph"],
    );
  });

  test('absurd nesting in any form', () => {
    const child = (depth: number): string => (depth === 0 ? '{name: m}' : `{name: m, children: [${child(depth - 1)}]}`);
    const bySource = [
      '['.repeat(100_000),
      '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000),
      '- '.repeat(100_000) + 'a',
      sampleWith('        type: MODEL', `        children: [${child(330)}]`),
      sampleWith('  protocol: tensorflow', '  x: &x {y: *x}'),
      sampleWith('  protocol: tensorflow', '  x: &x [*x, *x, *x]'),
    ];
    for (const text of bySource) assert.match(onlyProblem(text).message, /nest deeper than 640/);
    assert.equal(
      readDeployments(sampleWith('        type: MODEL', `        children: [${child(298)}]`)).problems.length,
      0,
    );
  });

  test('a list or an object where a name is expected, such as a template that is not filled in', () => {
    const problem = onlyProblem(sampleWith('replicas: 1', 'replicas: {{ .Values.replicas }}'));
    assert.equal(problem.line, 12);
    assert.match(`${problem.message}; ${problem.remedy}`, /where the name of a field is expected.*template/);
    // As text, it would double with every level.
    for (const text of ['? '.repeat(600) + 'a', '{'.repeat(600) + '}'.repeat(600)]) {
      assert.match(onlyProblem(text).message, /name of a field/);
    }
  });

  test('aliases that would fill the memory', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 12; i++) {
      const [name, before] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)];
      bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`);
    }
    assert.match(onlyProblem(bomb.join('\n')).message, /alias/i);
  });

  test('a text that is far too large', () => {
    assert.match(onlyProblem(`# ${'x'.repeat(5 * 1024 * 1024)}`).message, /limit/);
  });

  test('parsing throws all problems as one error', () => {
    const text = sampleWith('replicas: 1', 'replicas: "two"\n      traffic: many');
    assert.throws(
      () => parseDeployment(text, { source: 'x.yaml' }),
      (error) => {
        assert.ok(error instanceof MillraceError);
        assert.equal(error.code, 'DEPLOYMENT_MALFORMED');
        assert.match(error.message, /x\.yaml.*\n.*replicas \(line 12\).*\n.*traffic \(line 13\)/);
        return true;
      },
    );
  });
});

suite('several documents in one text', () => {
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n---\n';
  const other = sampleWith('name: cifar10', 'name: other');

  test('other kinds are left out with a word', () => {
    const { deployment, notes } = parseDeployment(secret + SAMPLE);
    assert.equal(deployment.metadata.name, 'cifar10');
    assert.deepEqual(notes, ['line 1: a Secret is left out']);
  });

  test('lines count from the start of the text', () => {
    assert.equal(parseDeployment(secret + SAMPLE).lineOf(['kind']), 6);
  });

  test('no SeldonDeployment among them', () => {
    assert.match(onlyProblem(`${secret}${secret}`).message, /no SeldonDeployment/);
  });

  test('two SeldonDeployments are ambiguous unless one is chosen by name', () => {
    const text = `${SAMPLE}---\n${other}`;
    assert.throws(() => parseDeployment(text), /holds 2 SeldonDeployments: cifar10, other/);
    assert.equal(parseDeployment(text, { name: 'other' }).deployment.metadata.name, 'other');
    assert.throws(() => parseDeployment(text, { name: 'third' }), { code: 'DEPLOYMENT_NOT_FOUND' });
    assert.equal(readDeployments(text).deployments.length, 2);
  });

  test('a List, as kubectl prints it', () => {
    const items = [parse(SAMPLE)];
    const text = stringify({ apiVersion: 'v1', kind: 'List', items });
    const { deployment, lineOf } = parseDeployment(text);
    assert.equal(deployment.metadata.name, 'cifar10');
    assert.equal(text.split('\n')[lineOf(['metadata', 'name']) - 1]?.trim(), 'name: cifar10');
  });
});

suite('a predictor from JSON', () => {
  const [predictor] = parse(SAMPLE).spec.predictors;

  test('is read, with nulls as Go writes them', () => {
    assert.deepEqual(predictorFromJson(JSON.stringify(predictor)), predictor);
    const fromGo = { ...predictor, componentSpecs: [{ metadata: { creationTimestamp: null }, spec: null }] };
    assert.deepEqual(predictorFromJson(JSON.stringify(fromGo)).componentSpecs, [{ metadata: {} }]);
  });

  test('every golden ENGINE_PREDICTOR is read', async () => {
    const { goldenPredictors } = await import('./golden.ts');
    const all = goldenPredictors();
    assert.ok(all.length > 15);
    for (const json of all) assert.equal(typeof predictorFromJson(json).name, 'string');
  });

  test('is refused with the path, never with its text', () => {
    assert.throws(
      () => predictorFromJson('{"name": "p", "pass": s3cret'),
      (error) => {
        assert.ok(error instanceof MillraceError);
        assert.match(error.message, /ENGINE_PREDICTOR is not JSON/);
        assert.doesNotMatch(String(error.cause), /s3cret/);
        return true;
      },
    );
    assert.throws(() => predictorFromJson('{"name": "p"}'), /graph: is missing/);
    assert.throws(() => predictorFromJson('null'), /nothing, where an object/);
    assert.throws(() => predictorFromJson(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), /nest deeper/);
  });
});
