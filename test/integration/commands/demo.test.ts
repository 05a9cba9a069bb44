// The real command on real Kafka: its verdict, and that nothing of it is left, however it ends.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test, type TestContext } from 'node:test';
import { testBroker, uniqueTopic, withAdmin } from '../../broker.ts';
import { persist } from '../../persist.ts';
import { until } from '../../until.ts';

const MILLRACE = resolve('bin/millrace');
/** In the environment of the demo and so of all that it starts. */
const MARK = 'MILLRACE_TEST_MARK';
const QUICK_MS = 30_000;

interface Run {
  readonly child: ChildProcess;
  readonly mark: string;
  /** Temporary directory of its own. */
  readonly directory: string;
  output(): string;
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

function demo(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  const mark = uniqueTopic('mark');
  const child = spawn(MILLRACE, ['demo', '--plain', ...args], {
    env: { ...process.env, TMPDIR: directory, [MARK]: mark, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  const ended = new Promise<{ code: number | null; signal: string | null }>((done) => {
    child.once('close', (code, signal) => done({ code, signal }));
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
    await until('the end of all processes', () => marked(mark).length === 0);
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    child,
    mark,
    directory,
    ended,
    output: () => output,
    async until(pattern) {
      const what = () => `${pattern}\n${output}`;
      await until(what, () => pattern.test(output) || child.exitCode !== null);
      return pattern.exec(output) ?? assert.fail(`it ended without ${pattern}:\n${output}`);
    },
  };
}

/** Processes with the mark in their environment, but for those that have ended. */
function marked(mark: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, 'latin1').includes(`${MARK}=${mark}`);
    } catch {
      return false;
    }
  });
}

/** Programs of the marked processes: the command of each Millrace, `java`, or the name of the program. */
function programs(mark: string): string[] {
  return marked(mark).map((pid) => {
    const words = commandLine(pid);
    const at = words.findIndex((word) => word.endsWith('cli/main.ts'));
    return words[at < 0 ? 0 : at + 1]?.split('/').at(-1) ?? '';
  });
}

/** None of a process that has just ended. */
function commandLine(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** A broker that is busy still names a topic for a moment after it was deleted. */
async function noTopicLeft(ending: string): Promise<void> {
  await until(`the end of the topics ${ending}`, async () => (await topicsWith(ending)).length === 0);
}

async function topicsWith(ending: string): Promise<string[]> {
  const all = await persist(() => withAdmin(testBroker(), (admin) => admin.listTopics()));
  return all.filter((name) => name.endsWith(ending) || name.includes(`${ending}-`));
}

async function nothingLeft(run: Run): Promise<void> {
  const what = () => `the end of all processes: ${programs(run.mark).join(', ')}`;
  await until(what, () => marked(run.mark).length === 0);
  assert.deepEqual(readdirSync(run.directory), []);
}

const linuxOnly = process.platform === 'linux' ? {} : { skip: 'looks for processes in /proc' };

test(
  'demo: every request has its answer, the malformed ones their reasons, and nothing is left',
  linuxOnly,
  async (t) => {
    const run = demo(t, ['--requests', '300', '--broker', testBroker()]);
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.output());
    const output = run.output();
    const cells = (name: string) => {
      const line =
        output.split('\n').find((one) => one.startsWith(`│ ${name} `)) ?? assert.fail(`no ${name}:\n${output}`);
      return line.split('│').slice(2, -1).map((cell) => cell.trim()); // prettier-ignore
    };
    assert.deepEqual(cells('requests'), ['285 + 5 malformed', '15']);
    assert.deepEqual(cells('predictions'), ['285', '15']);
    assert.deepEqual(cells('error records'), ['5', '0']);
    for (const accuracy of cells('accuracy')) assert.ok(Number.parseFloat(accuracy) > 80, accuracy);
    for (const cell of [...cells('latency p50'), ...cells('latency p99')]) assert.match(cell, /^[\d.]+ m?s$/);
    assert.match(output, /an empty value\s+│ EMPTY_RECORD/);
    assert.match(output, /a picture of 16 x 16\s+│ MODEL_STATUS/);
    assert.match(output, /instances has the shape|\[1,16,16,3\]/);
    assert.match(output, /picture \d+: \w+ \d+ %/);
    assert.match(output, /Every request has exactly one answer: 300 predictions, 5 error records/);
    assert.match(output, /Try next:/);
    assert.doesNotMatch(output, /\u001b/);
    const [, ending = ''] = /cifar10-rest-input(-\w+)/.exec(output) ?? [];
    await noTopicLeft(ending);
    await nothingLeft(run);
  },
);

test('demo: Ctrl-C in the middle of the stream ends all of it, quickly', linuxOnly, async (t) => {
  const run = demo(t, ['--requests', '5000', '--rate', '50', '--broker', testBroker()]);
  const [, ending = ''] = await run.until(/cifar10-rest-input(-\w+)[^]*, out [1-9]/);
  const running = new Set(programs(run.mark));
  for (const name of ['demo', 'model-server', 'run']) assert.ok(running.has(name), name);
  const begun = performance.now();
  run.child.kill('SIGINT');
  assert.deepEqual(await run.ended, { code: 130, signal: null }, run.output());
  assert.ok(performance.now() - begun < QUICK_MS, 'what is left of the requests would take longer');
  await nothingLeft(run);
  await noTopicLeft(ending);
});

test('demo: with its own Kafka, Ctrl-C at different moments leaves nothing', linuxOnly, async (t) => {
  for (const moment of [/model server/, /Streaming/]) {
    const run = demo(t, []);
    await run.until(moment);
    run.child.kill('SIGINT');
    assert.deepEqual(await run.ended, { code: 130, signal: null }, `${moment}\n${run.output()}`);
    await nothingLeft(run);
  }
});

test('demo: killed, it takes its children along', linuxOnly, async (t) => {
  const run = demo(t, ['--requests', '5000', '--rate', '50']);
  await run.until(/Streaming/);
  assert.ok(programs(run.mark).includes('java'), programs(run.mark).join());
  run.child.kill('SIGKILL');
  await run.ended;
  await until('an end without a trace', () => marked(run.mark).length === 0 && readdirSync(run.directory).length === 0);
});

test('demo: a part that dies ends it, with that part named', linuxOnly, async (t) => {
  const run = demo(t, ['--requests', '5000', '--rate', '50', '--broker', testBroker()]);
  await run.until(/, out [1-9]/);
  const server = marked(run.mark).find((pid) => commandLine(pid).includes('model-server'));
  process.kill(Number(server), 'SIGKILL');
  assert.equal((await run.ended).code, 1);
  assert.match(run.output(), /millrace: 'millrace model-server' \(node resnet32\) ended by itself \(SIGKILL\)/);
  await nothingLeft(run);
});

test('demo: what is missing is said as its part says it, and nothing is left', linuxOnly, async (t) => {
  const run = demo(t, [], { JAVA_HOME: '/nonexistent' });
  assert.equal((await run.ended).code, 1);
  assert.match(run.output(), /millrace: the embedded Kafka needs Java .*\n {2}install a Java runtime/);
  await nothingLeft(run);
});

test('demo: kept running, it ends with its verdict on Ctrl-C', linuxOnly, async (t) => {
  const run = demo(t, ['--requests', '20', '--keep', '--broker', testBroker()]);
  await run.until(/A second replica:\n.*millrace run .*\n/);
  const [, metrics = ''] = await run.until(/curl -s (\S+)/);
  assert.match(await (await fetch(`http://${metrics}`)).text(), /^# HELP/m);
  run.child.kill('SIGINT');
  assert.deepEqual(await run.ended, { code: 0, signal: null }, run.output());
  await nothingLeft(run);
});

test(
  'demo of a folder: kept running, it ends with its verdict on Ctrl-C, and nothing is left',
  linuxOnly,
  async (t) => {
    const run = demo(t, ['examples/graphs/router', '--keep', '--broker', testBroker()]);
    await run.until(/A second replica:\n.*millrace run .*\n/);
    assert.match(
      run.output(),
      /More requests:\n *bin\/millrace produce examples\/graphs\/router\/requests\.jsonl --broker/,
    );
    assert.equal(run.output().match(/model server of node (?:language|english|german)$/gm)?.length, 3);
    const [, ending = ''] = /languages-input(-\w+)/.exec(run.output()) ?? [];
    run.child.kill('SIGINT');
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.output());
    await nothingLeft(run);
    await noTopicLeft(ending);
  },
);

test('demo of a folder: with its own Kafka, Ctrl-C while it starts leaves nothing', linuxOnly, async (t) => {
  const run = demo(t, ['examples/graphs/mix']);
  await run.until(/ready at/);
  run.child.kill('SIGINT');
  assert.deepEqual(await run.ended, { code: 130, signal: null }, run.output());
  await nothingLeft(run);
});

test('demo of a folder: what is wrong with it is said before anything is started', linuxOnly, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const missing = demo(t, [folder]);
  assert.equal((await missing.ended).code, 2);
  assert.match(missing.output(), /has no demo\.yaml\n {2}give a folder with one/);
  writeFileSync(join(folder, 'demo.yaml'), 'about: x\nnodes: {}\n');
  writeFileSync(join(folder, 'deployment.yaml'), readFileSync('examples/graphs/router/deployment.yaml'));
  const wrong = demo(t, [folder]);
  assert.equal((await wrong.ended).code, 1);
  assert.match(wrong.output(), /nodes \(line 2\): nothing plays the node 'english'; add english:/);
  await nothingLeft(wrong);
  const misplaced = demo(t, ['examples/graphs/router', '--rate', '5']);
  assert.equal((await misplaced.ended).code, 2);
  assert.match(misplaced.output(), /--rate is for the demo without FOLDER/);
});
