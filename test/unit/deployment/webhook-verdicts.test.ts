import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { seldonPredictorServers } from '../../../src/deployment/predictor-servers.ts';
import { validateDeployment } from '../../../src/deployment/validate.ts';
import { goldenCases, validationCases } from './golden.ts';
import { parse } from './sample.ts';

const servers = seldonPredictorServers;

/** The places and values of Seldon's message, in its order. */
function placesIn(message: string | undefined): { path: string; value: string }[] {
  return [...(message ?? '').matchAll(/(?:: |\[|, )(spec[\w.[\]]*): Invalid value: "(.*?)": /g)].map(
    ([, path = '', value = '']) => ({ path, value }),
  );
}

suite("the verdicts of Seldon's webhook", () => {
  const golden = goldenCases().map(({ name, yaml, validation }) => ({ name, document: parse(yaml), ...validation }));
  const cases = validationCases().map((item) => ({
    name: item.case,
    document: parse(JSON.stringify(item.seldonDeployment)),
    allowed: item.allowed,
    message: item.message,
  }));
  for (const { name, document, allowed, message } of [...cases, ...golden]) {
    test(name, () => {
      const found = validateDeployment(document, { servers }).filter(({ seldonRule }) => seldonRule !== undefined);
      assert.equal(found.length === 0, allowed);
      assert.deepEqual(
        found.map(({ path, value }) => ({ path, value })),
        placesIn(message),
      );
      for (const problem of found) assert.equal(problem.severity, 'error');
    });
  }

  test('the golden deployments that Seldon allows have no errors here either', () => {
    for (const { name, document, allowed } of golden) {
      const errors = validateDeployment(document, { servers }).filter(({ severity }) => severity === 'error');
      assert.equal(errors.length === 0, allowed, `${name}: ${JSON.stringify(errors)}`);
    }
  });
});
