// What happens between executors and brokers.
import type { Link } from '../arena/link.ts';
import { SESSION_MS, type Fault, type Stage } from './fault.ts';

export const netCut: Fault = {
  name: 'net-cut',
  about: 'connections between executors and brokers are reset, and refused for a while',
  async play(stage) {
    for (let round = 0; round < 3; round++) {
      await stage.pass(300, 1_500);
      const { links, brokers, text } = pickWays(stage);
      stage.inject(`cut ${text}`);
      for (const link of links) link.cut(brokers);
      await stage.pass(300, round === 0 ? SESSION_MS + 2_000 : 2_000);
      for (const link of links) link.open();
    }
  },
};

export const netBlackhole: Fault = {
  name: 'net-blackhole',
  about:
    'packets between executors and brokers are swallowed, connections stay; later they arrive after all, or are reset',
  async play(stage) {
    for (let round = 0; round < 2; round++) {
      await stage.pass(300, 1_500);
      const { links, brokers, text } = pickWays(stage);
      const forget = stage.random.chance(0.4);
      stage.inject(`swallow ${text}${forget ? ', then reset' : ''}`);
      for (const link of links) link.swallow(brokers);
      await stage.pass(1_000, SESSION_MS + 3_000);
      for (const link of links) link.open(forget);
    }
    await stage.pass(500, 1_500);
  },
};

export const netSlow: Fault = {
  name: 'net-slow',
  about: 'the network between executors and brokers is slow: 40 to 200 ms, 20 to 100 kB/s',
  async play(stage) {
    await stage.pass(300, 1_500);
    const slowness = {
      delayMs: stage.random.between(20, 100),
      bytesPerSecond: stage.random.between(20_000, 100_000),
    };
    stage.inject(`${slowness.delayMs} ms each way, ${slowness.bytesPerSecond} bytes/s`);
    for (const link of stage.links) link.slow(slowness);
    await stage.pass(6_000, 9_000);
    for (const link of stage.links) link.open();
  },
};

/** Some executors or all, from one broker or all. */
function pickWays(stage: Stage): { links: readonly Link[]; brokers?: readonly number[]; text: string } {
  const links = stage.random.chance(0.3) ? stage.links : [stage.random.pick(stage.links)];
  const who = links.map(({ listener }) => listener.toLowerCase()).join(' and ');
  if (stage.random.chance(0.6)) return { links, text: `${who} from all brokers` };
  const nodeId = stage.random.between(1, 3);
  return { links, brokers: [nodeId], text: `${who} from broker ${nodeId}` };
}
