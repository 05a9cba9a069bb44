import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import {
  componentDeploymentName,
  consumerGroup,
  containerServiceName,
  engineDeploymentName,
  explainerName,
  predictorServiceName,
  seldonId,
} from '../../../src/deployment/names.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const long = 'd'.repeat(60);

suite('names of Seldon Core 1.17', () => {
  test('the consumer group is never shortened', () => {
    assert.equal(consumerGroup('model', 'tfserving-cifar10', 'kafka'), 'model.tfserving-cifar10.kafka');
    assert.equal(consumerGroup('p', long, 'n'), `p.${long}.n`);
  });

  test('names that fit', () => {
    assert.equal(seldonId('x'), 'x');
    assert.equal(predictorServiceName('x', 'p'), 'x-p');
    assert.equal(componentDeploymentName('x', 'p', 1, { containers: ['a', 'b'] }), 'x-p-1-a-b');
    assert.equal(componentDeploymentName('x', 'p', 0, { name: 'pod', containers: ['a'] }), 'x-p-0-pod');
    assert.equal(engineDeploymentName('x', 'p'), 'x-p-svc-orch');
    assert.equal(containerServiceName('x', 'p', 'c'), 'x-p-c');
    assert.equal(explainerName('x', 'p'), 'x-p-explainer');
  });

  test('63 characters stay, 64 become a hash of the whole name', () => {
    assert.equal(predictorServiceName(long, 'pp'), `${long}-pp`);
    assert.equal(predictorServiceName(long, 'ppp'), `seldon-${md5(`${long}-ppp`)}`);
    assert.equal(seldonId('s'.repeat(64)), `seldon-${md5('s'.repeat(64))}`);
  });

  test('a service name from the annotation is used as it is', () => {
    assert.equal(predictorServiceName(long, 'ppp', 'mine'), 'mine');
  });

  test('a deployment may keep its name in front of the hash, where both fit', () => {
    const naming = { containers: ['c'.repeat(60)], keepPrefix: true };
    assert.equal(componentDeploymentName('x', 'p', 0, naming), `x-${md5(`x-p-0-${'c'.repeat(60)}`)}`);
    assert.equal(componentDeploymentName(long, 'p', 0, naming), `seldon-${md5(`${long}-p-0-${'c'.repeat(60)}`)}`);
    assert.match(componentDeploymentName('x', 'p', 0, { containers: ['c'.repeat(60)] }), /^seldon-/);
  });
});
