import { test } from 'node:test';
import assert from 'node:assert/strict';
import { NodeError } from '../../../../src/graph/node-error.ts';
import { modelRecovered, modelWaiting } from '../../../../src/stream/channels.ts';
import { ModelGate } from '../../../../src/stream/retry/model-gate.ts';

const unreachable = new NodeError('connection refused', { failure: 'unreachable', node: 'classifier' });

test('is shut until the graph answers, says so, and opens by itself', async (context) => {
  const delays: number[] = [];
  const recovered: string[] = [];
  context.after(modelWaiting.subscribe(({ delayMs }) => delays.push(delayMs)));
  context.after(modelRecovered.subscribe(({ node }) => recovered.push(node)));
  const opened = Promise.withResolvers<void>();
  let probes = 0;
  const gate = new ModelGate(
    () => (++probes < 3 ? Promise.reject(unreachable) : Promise.resolve()),
    () => opened.resolve(),
  );
  assert.ok(gate.open);
  gate.shut(unreachable);
  gate.shut(unreachable);
  assert.equal(gate.open, false);
  assert.equal(gate.waiting?.node, 'classifier');
  await opened.promise;
  assert.deepEqual([gate.open, gate.waiting, probes, recovered], [true, undefined, 3, ['classifier']]);
  assert.equal(delays.length, 3);
  assert.ok((delays[2] ?? 0) > (delays[0] ?? 0), 'it asks less and less often');
});

test('a closed gate probes no more', async () => {
  let opened = false;
  let probes = 0;
  const gate = new ModelGate(
    () => {
      probes++;
      return Promise.reject(unreachable);
    },
    () => (opened = true),
  );
  gate.shut(unreachable);
  gate.close();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual([probes, opened], [0, false]);
});
