// What happens to brokers.
import type { Fault, Stage } from './fault.ts';

export const brokerKill: Fault = {
  name: 'broker-kill',
  about: "a broker is killed (the group's coordinator, or the leader of an input or output partition) and comes back",
  async play(stage) {
    await stage.pass(300, 2_000);
    const nodeId = await pickBroker(stage);
    stage.inject(`SIGKILL broker ${nodeId}`);
    await stage.cluster.broker(nodeId).kill();
    await stage.pass(4_000, 8_000);
    await stage.cluster.broker(nodeId).start();
    await stage.pass(500, 2_000);
  },
};

export const brokerRestart: Fault = {
  name: 'broker-restart',
  about: 'two brokers are restarted one after the other',
  async play(stage) {
    const first = await pickBroker(stage);
    for (const nodeId of [first, (first % 3) + 1]) {
      await stage.pass(300, 2_000);
      stage.inject(`restart broker ${nodeId}`);
      await stage.cluster.broker(nodeId).stop();
      await stage.pass(0, 1_500);
      await stage.cluster.broker(nodeId).start();
    }
  },
};

async function pickBroker(stage: Stage): Promise<number> {
  const which = stage.random.between(0, 2);
  const partition = stage.random.between(0, 3);
  if (which === 0) return stage.coordinator();
  return stage.leaderOf(which === 1 ? 'input' : 'output', partition);
}
