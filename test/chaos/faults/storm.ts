import { WELL } from '../arena/chaos-model.ts';
import { SESSION_MS, type Fault, type Stage } from './fault.ts';
import { killOne } from './kill-one.ts';

/** Starts something that goes wrong; resolves when it is mended. Draws what it needs from the seed before it waits. */
type Gust = (stage: Stage, lastsMs: number) => Promise<void>;

const replaceOne: Gust = (stage, lastsMs) => killOne(stage, [lastsMs / 4, lastsMs / 4]);

const freezeOne: Gust = async (stage, lastsMs) => {
  const replica = stage.random.pick(stage.replicas.alive);
  stage.inject(`SIGSTOP ${replica.name}`);
  replica.freeze();
  await stage.pass(lastsMs, lastsMs);
  replica.thaw();
};

const scaleUp: Gust = async (stage, lastsMs) => {
  stage.inject('one more executor');
  stage.replicas.start();
  await stage.pass(lastsMs, lastsMs);
};

const breakLink: Gust = async (stage, lastsMs) => {
  const link = stage.random.pick(stage.links);
  const swallow = stage.random.chance(0.6);
  const forget = stage.random.chance(0.4);
  stage.inject(`${swallow ? 'swallow' : 'cut'} ${link.listener.toLowerCase()}`);
  if (swallow) link.swallow();
  else link.cut();
  await stage.pass(lastsMs, lastsMs);
  link.open(forget);
};

const modelAway: Gust = async (stage, lastsMs) => {
  stage.inject('model down');
  await stage.model.down();
  await stage.pass(lastsMs / 2, lastsMs / 2);
  await stage.model.up();
};

const brokerAway: Gust = async (stage, lastsMs) => {
  const broker = stage.cluster.broker(stage.random.between(1, 3));
  stage.inject(`SIGKILL broker ${broker.nodeId}`);
  await broker.kill();
  await stage.pass(lastsMs, lastsMs);
  await broker.start();
};

export const storm: Fault = {
  name: 'storm',
  about: 'kills, zombies, broken connections, a broker and a model that go away: all at the same time',
  replicas: 3,
  mayFail: ['MODEL_STATUS'],
  async play(stage) {
    stage.model.mood = { ...WELL, failing: 0.05 };
    // Model and broker go away once each: they have to be back before they can go again.
    const gusts = [modelAway, brokerAway, ...Array.from({ length: 5 }, () => drawProcessGust(stage))];
    const mended: Promise<unknown>[] = [];
    const failures: unknown[] = [];
    while (gusts.length > 0) {
      await stage.pass(300, 2_000);
      const [gust] = gusts.splice(stage.random.between(0, gusts.length - 1), 1);
      const lastsMs = stage.random.between(1_000, SESSION_MS + 3_000);
      if (gust) mended.push(gust(stage, lastsMs).catch((error: unknown) => failures.push(error)));
    }
    await Promise.all(mended);
    if (failures.length > 0) throw failures[0];
  },
};

function drawProcessGust(stage: Stage): Gust {
  return stage.random.pick([replaceOne, replaceOne, freezeOne, breakLink, scaleUp]);
}
