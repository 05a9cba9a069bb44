import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cifar10Image } from '../../../src/dev/demo/cifar10/cifar10-images.ts';
import { demoRequests, MALFORMED_COUNT } from '../../../src/dev/demo/ledger/demo-request.ts';
import { demoOptions } from '../../../src/cli/demo/demo-options.ts';
import { firstPhase, planPhases, steadyPhase } from '../../../src/cli/demo/demo-phases.ts';
import { captionList, chooseExhibits, gallery } from '../../../src/cli/demo/gallery.ts';
import { createPaint } from '../../../src/cli/demo/screen/paint.ts';
import { errorTable } from '../../../src/cli/demo/result-table.ts';
import { latencyText } from '../../../src/cli/demo/stream-view.ts';

test('phases: cover every request once, and the steady one keeps its time', () => {
  for (const requests of [10, 19, 20, 333, 10_000, 100_000]) {
    const plan = planPhases(requests, 0);
    const first = firstPhase(plan, 0);
    const steady = steadyPhase(plan, first, 600);
    assert.deepEqual([first.from, steady.from], [0, first.to]);
    assert.equal(steady.to, requests + MALFORMED_COUNT);
    assert.ok((steady.to - steady.from) / steady.rate <= 5, `${requests}`);
    assert.equal(demoRequests(requests, 10, plan.atOnce).findLastIndex(({ malformed }) => malformed) < first.to, true);
  }
});

test('phases: a rate that was asked for is that of all requests', () => {
  const plan = planPhases(300, 50);
  assert.deepEqual(plan, { atOnce: 300, steady: 0 });
  assert.deepEqual(firstPhase(plan, 50), { title: '50 a second', from: 0, to: 300 + MALFORMED_COUNT });
});

test('the fewest requests that can be asked for have room for the malformed ones', () => {
  const fewest = demoOptions.requests.min ?? 0;
  const requests = demoRequests(fewest, 10, planPhases(fewest, 0).atOnce);
  assert.equal(requests.length, fewest + MALFORMED_COUNT);
});

test('gallery: different classes, at most two that are wrong, and within the width of the terminal', () => {
  const pixels = new Uint8Array(3072).fill(128);
  const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
  const images = Array.from({ length: 40 }, (_, index): Cifar10Image => {
    return { index, label: index % 10, className: names[index % 10] ?? '', pixels };
  });
  const answers = new Map<number, readonly number[]>();
  for (const { index, label } of images) {
    const predicted = index < 5 ? 9 : label;
    answers.set(
      index,
      Array.from({ length: 10 }, (_, i) => (i === predicted ? 0.91 : 0.01)),
    );
  }
  const exhibits = chooseExhibits(images, answers);
  assert.deepEqual(exhibits.filter(({ right }) => !right).map(({ caption }) => caption), ['truck 91 %, is airplane', 'truck 91 %, is automobile']); // prettier-ignore
  const shown = exhibits.filter(({ right }) => right).map(({ image }) => image.label);
  assert.equal(shown.length, 6);
  assert.equal(new Set(shown).size, 6);
  for (const columns of [40, 80, 100, 160]) {
    const lines = gallery(exhibits, 1, columns, createPaint(false)).split('\n');
    assert.ok(
      lines.every((line) => line.length <= columns),
      `${columns}`,
    );
    for (const { caption } of exhibits)
      assert.ok(
        lines.some((line) => line.includes(caption)),
        caption,
      );
  }
  assert.equal(captionList(exhibits).split('\n').length, 8);
});

test('error table: the reason with what the model said, wrapped to the terminal', () => {
  const [request] = demoRequests(10, 1, 10).filter(({ malformed }) => malformed);
  assert.ok(request);
  const response = '{"error":"instances has the \\"wrong\\" shape"}';
  const record = { key: request.key, source: '', value: null, protoName: '', code: 'MODEL_STATUS', message: "node 'm' answered 400", response }; // prettier-ignore
  const table = errorTable([{ request, record }], 80);
  const words = table.replace(/[│\s]+/g, ' ');
  assert.match(words, /an empty value MODEL_STATUS node 'm' answered 400: /);
  assert.match(table, /"wrong"/);
  assert.ok(table.split('\n').every((line) => line.length <= 80));
});

test('latency: milliseconds below a second, seconds above, a dash for none', () => {
  assert.deepEqual([0.4, 7, 999, 1_900, NaN].map(latencyText), ['0 ms', '7 ms', '999 ms', '1.9 s', '-']);
});
