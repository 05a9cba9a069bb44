import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthPath, restPath } from '../../../src/protocol/rest/paths.ts';

test('paths of the protocols', () => {
  assert.equal(restPath('seldon', 'transform-input', 'm'), '/transform-input');
  assert.equal(restPath('tensorflow', 'transform-output', 'm'), '/v1/models/m:predict');
  assert.equal(restPath('tensorflow', 'route', 'm'), '/v1/models/m:route');
  assert.equal(restPath('v2', 'predict', 'm'), '/v2/models/m/infer');
  assert.equal(restPath('v2', 'aggregate', 'm'), '/v2/models/m/aggregate');
  assert.equal(healthPath('seldon'), '/api/v1.0/health/status');
  assert.equal(healthPath('tensorflow'), undefined);
});

test('a model name cannot break the path', () => {
  assert.equal(restPath('v2', 'predict', 'a b?c#d/é'), '/v2/models/a%20b%3Fc%23d/%C3%A9/infer');
  assert.equal(restPath('v2', 'predict', '\ud800\r\n'), '/v2/models/%EF%BF%BD%0D%0A/infer');
});
