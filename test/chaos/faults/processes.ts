// What happens to executors.
import { SESSION_MS, type Fault } from './fault.ts';
import { killOne } from './kill-one.ts';

export const kill: Fault = {
  name: 'kill',
  about: 'executors are killed (SIGKILL) at random moments, and others start',
  async play(stage) {
    for (let round = 0; round < 4; round++) {
      await stage.pass(300, 3_000);
      await killOne(stage, [0, 800]);
    }
  },
};

export const term: Fault = {
  name: 'term',
  about: 'executors are asked to end (SIGTERM) at random moments, and others start',
  async play(stage) {
    for (let round = 0; round < 3; round++) {
      await stage.pass(300, 3_000);
      const replica = stage.random.pick(stage.replicas.alive);
      stage.inject(`SIGTERM ${replica.name}`);
      const ended = stage.replicas.term(replica);
      if (stage.random.chance(0.5)) stage.replicas.start();
      await ended;
      if (stage.replicas.alive.length < 2) stage.replicas.start();
      // Else two that are asked one after the other leave nobody, and the stall is the start of a process.
      await stage.ready();
    }
  },
};

export const freeze: Fault = {
  name: 'freeze',
  about: 'executors are stopped (SIGSTOP) for longer than their session, and wake up as zombies',
  async play(stage) {
    for (let round = 0; round < 2; round++) {
      await stage.pass(300, 2_000);
      const all = stage.replicas.alive;
      const frozen = stage.random.chance(0.25) ? all : [stage.random.pick(all)];
      stage.inject(`SIGSTOP ${frozen.map(({ name }) => name).join(', ')}`);
      for (const replica of frozen) replica.freeze();
      await stage.pass(SESSION_MS + 500, SESSION_MS + 3_000);
      for (const replica of frozen) replica.thaw();
    }
    await stage.pass(500, 1_500);
  },
};

export const scale: Fault = {
  name: 'scale',
  about: 'one executor becomes four, and four become one',
  replicas: 1,
  async play(stage) {
    await stage.pass(500, 2_000);
    stage.inject('1 to 4');
    stage.replicas.start(3);
    await stage.pass(4_000, 7_000);
    stage.inject('4 to 1');
    const [, ...rest] = stage.replicas.alive;
    await Promise.all(rest.map(async (replica) => stage.replicas.term(replica)));
    await stage.pass(500, 1_500);
  },
};

export const rolling: Fault = {
  name: 'rolling',
  about: 'three executors are replaced one after the other',
  replicas: 3,
  async play(stage) {
    await stage.pass(500, 2_000);
    for (const replica of [...stage.replicas.alive]) {
      stage.inject(`replace ${replica.name}`);
      // The new one first, as a deployment does that may have one more, or the old one first.
      const surge = stage.random.chance(0.5);
      if (!surge) await stage.replicas.term(replica);
      stage.replicas.start();
      await stage.ready();
      if (surge) await stage.replicas.term(replica);
    }
  },
};
