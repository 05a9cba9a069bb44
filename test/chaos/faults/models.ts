// What happens to the model, and what is sent to it.
import { WELL } from '../arena/chaos-model.ts';
import type { Fault } from './fault.ts';
import { killOne } from './kill-one.ts';

export const modelDown: Fault = {
  name: 'model-down',
  about: 'the model breaks its connections and cannot be reached for a while',
  async play(stage) {
    for (let round = 0; round < 2; round++) {
      await stage.pass(500, 2_000);
      stage.inject('model down');
      await stage.model.down();
      await stage.pass(1_000, 4_000);
      await stage.model.up();
    }
    await stage.pass(500, 1_500);
  },
};

export const modelSlow: Fault = {
  name: 'model-slow',
  about: 'the model takes up to 1.2 s, and does not answer 1 call in 50 within its limit of 1.5 s',
  env: { KAFKA_MODEL_TIMEOUT_MS: '1500', KAFKA_RETRIES: '8' },
  load: { backlog: 100, perSecond: 40 },
  mayFail: ['MODEL_TIMEOUT'],
  async play(stage) {
    await stage.pass(500, 1_500);
    stage.inject('model slow');
    stage.model.mood = { failing: 0, slowestMs: 1_200, hanging: 0.02 };
    await stage.pass(6_000, 9_000);
    stage.model.mood = WELL;
  },
};

export const modelErrors: Fault = {
  name: 'model-errors',
  about: 'the model answers 1 call in 5 with 500, 502, 503 or 504',
  mayFail: ['MODEL_STATUS'],
  async play(stage) {
    stage.inject('20 % 5xx');
    stage.model.mood = { ...WELL, failing: 0.2 };
    await stage.pass(7_000, 10_000);
    stage.model.mood = WELL;
  },
};

export const poison: Fault = {
  name: 'poison',
  about:
    '1 request in 6 is refused, garbled, empty, absent, or makes the model fail or hang up, and an executor is killed',
  load: { kinds: { refused: 0.04, garbled: 0.03, failing: 0.03, dropping: 0.02, empty: 0.02, absent: 0.02 } },
  async play(stage) {
    stage.inject('poison records');
    await stage.pass(3_000, 5_000);
    await killOne(stage);
    await stage.pass(3_000, 5_000);
  },
};

export const smallOutput: Fault = {
  name: 'small-output',
  about:
    'the output topic takes no more than 4000 bytes, the error topic 2000; 1 answer in 8 is wider; an executor is killed',
  topicBytes: { output: 4_000, errors: 2_000 },
  load: { kinds: { wide: 0.12, refused: 0.03 } },
  async play(stage) {
    stage.inject('small topics');
    await stage.pass(3_000, 5_000);
    await killOne(stage);
    await stage.pass(3_000, 5_000);
  },
};
