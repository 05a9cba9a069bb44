import { test } from 'node:test';
import assert from 'node:assert/strict';
import { forSeeds } from './seeded.ts';
import { StreamWorld } from './stream-world.ts';

// MILLRACE_SIMULATION_RUNS=10000 runs more of them; SEED=n replays one.
const RUNS = 300;

for (const order of ['key', 'unordered', 'partition'] as const) {
  test(`order '${order}': nothing lost, in order, within the limits, and down to zero`, () => {
    let finished = 0;
    forSeeds(RUNS, (seed) => {
      const world = new StreamWorld(seed, order);
      world.run();
      finished += world.finished;
    });
    assert.ok(finished > 0);
  });
}
