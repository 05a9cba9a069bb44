import { existsSync } from 'node:fs';
import type { DemoStream } from '../../../dev/demo/stream/demo-stream.ts';
import type { PayloadLog } from '../../../dev/demo/payload-log/logged-payload.ts';
import type { MillraceProgram } from '../../../dev/demo/millrace-child.ts';
import { ExampleLedger, type ExampleRequest } from '../../../dev/example/example-ledger.ts';
import type { Example } from '../../../dev/example/example.ts';
import { plural } from '../../amounts.ts';
import { foldText } from '../fold-text.ts';
import { keptRunning, nextSteps, shown, type NextStep } from '../next-steps.ts';
import { openStream } from '../open-stream.ts';
import { playDemo, type DemoStage, type StageSettings } from '../play-demo.ts';
import { StreamView } from '../stream-view.ts';
import { loadExample, type LoadedExample } from './load-example.ts';
import { nodeCalls } from './node-calls.ts';
import { outcomeTable } from './outcome-table.ts';
import { payloadTable } from './payload-table.ts';
import { playRequests, type Answers } from './play-requests.ts';
import { readRequests } from './read-requests.ts';
import { streamRows } from './stream-rows.ts';

const ABOUT_WIDTH = 100;

export interface ExampleSettings extends StageSettings {
  readonly keep: boolean;
  /** Records in flight. */
  readonly workers: number;
}

/**
 * Runs the example of a folder from begin to end; nothing of it is left afterwards.
 *
 * @returns the exit code: 0 when every request had its one result, or as many as expected an error record; else as of `playDemo`
 * @throws MillraceError when the example is not right, or a part of it cannot run
 */
export async function runExample(folder: string, settings: ExampleSettings, program: MillraceProgram): Promise<number> {
  const loaded = loadExample(folder);
  const { example } = loaded;
  const plan = { ...example.plan, env: { KAFKA_WORKERS: String(settings.workers) } };
  return playDemo(settings, program, plan, async (stage) => play(loaded, settings, stage));
}

async function play(loaded: LoadedExample, settings: ExampleSettings, stage: DemoStage): Promise<number> {
  const { example, path } = loaded;
  const { command, screen, world, signal } = stage;
  const about = foldText(example.about, Math.min(ABOUT_WIDTH, process.stdout.columns || ABOUT_WIDTH) - 2);
  screen.print(`\n${about.replaceAll(/^/gm, '  ')}\n`);
  const played = await (example.plan.server === 'rpc' ? ask : stream)(example, settings, stage);
  const { heads, rows, calls, log } = played;
  screen.print(`\n${outcomeTable(heads, rows, process.stdout.columns || 0)}`);
  screen.print(`\n  ${calls}`);
  if (log !== undefined && log.payloads.length > 0) screen.print(`\n${payloadTable(log, process.stdout.columns || 0)}`);
  const exitCode = judge(played, screen);
  if (!settings.keep) {
    screen.print(`\n${nextSteps(steps(example, path, command), screen.paint)}\n`);
    return exitCode;
  }
  screen.print(`\n${keptRunning(command, world, screen.paint)}\n`);
  await world.untilInterrupted(signal);
  return exitCode;
}

/** What came of an example's requests. */
interface Played extends Answers {
  readonly calls: string;
  readonly log: PayloadLog | undefined;
}

/** A deployment that answers requests. */
async function ask(example: Example, { keep }: ExampleSettings, stage: DemoStage): Promise<Played> {
  const { screen, world, signal } = stage;
  await world.startServers(screen, signal);
  const log = await world.openPayloadLog(screen, signal);
  await world.startDeployment(screen, signal);
  const asking = playRequests(example, stage);
  await screen.step('asking', async () => `${plural((await asking).rows.length, 'request')} asked`);
  const calls = await nodeCalls(world, signal);
  if (!keep) await world.stopDeployment(screen);
  await log?.caughtUp(signal);
  return { ...(await asking), calls, log };
}

/** A deployment that works on a topic. */
async function stream(example: Example, { keep }: ExampleSettings, stage: DemoStage): Promise<Played> {
  const { screen, world, signal } = stage;
  const requests = await readRequests(example.requests, signal);
  await world.startServers(screen, signal);
  const opened = await open(example, requests, stage);
  const log = await world.openPayloadLog(screen, signal);
  await world.startDeployment(screen, signal);
  screen.print(`\n  Sending ${plural(requests.length, 'request')}:`);
  const view = new StreamView(opened, screen.paint);
  await screen.watch(
    () => view.now(),
    async () => opened.run(0, requests.length, undefined, signal),
  );
  const calls = await nodeCalls(world, signal);
  if (!keep) await world.stopDeployment(screen);
  await opened.caughtUp(signal);
  await log?.caughtUp(signal);
  const { ledger } = opened;
  const errors = ledger.errors === 0 ? '' : `, ${plural(ledger.errors, 'error record')} that should be there`;
  return {
    heads: ['request', 'result'],
    rows: streamRows(ledger, example.requests.protoName ?? ''),
    calls,
    log,
    problems: ledger.problems(),
    summary: `Every request has exactly one answer: ${plural(ledger.results, 'result')}${errors}.`,
  };
}

async function open(
  { plan, requests: { protoName }, expectErrors }: Example,
  requests: readonly ExampleRequest[],
  { world, screen, signal }: DemoStage,
): Promise<DemoStream<ExampleLedger>> {
  const ledger = new ExampleLedger(requests, world.names.inputTopic, expectErrors);
  const headers = protoName === undefined ? [] : [[Buffer.from('proto-name'), Buffer.from(protoName)] as const];
  const recordOf = (index: number) => {
    const request = requests[index];
    if (request === undefined) return undefined;
    const key = Buffer.from(request.key);
    // So that what is logged can be told apart.
    const id = plan.payloadLog === undefined ? [] : [[Buffer.from('Seldon-Puid'), key] as const];
    return { key, value: request.value, headers: [...headers, ...id] };
  };
  return openStream(world, screen, ledger, recordOf, signal);
}

function judge({ problems: found, summary, log }: Played, { print, paint }: DemoStage['screen']): number {
  const problems = log?.payloads.length === 0 ? [...found, 'no payload was logged'] : found;
  if (problems.length === 0) {
    print(`\n${paint('green', '✔')} ${paint('bold', summary)}`);
    return 0;
  }
  print(`\n${paint('red', '✘')} ${paint('bold', 'Not every request has the answer that it should have:')}`);
  for (const problem of problems) print(`    ${problem}`);
  return 1;
}

function steps({ plan: { deployment } }: Example, path: string, command: string): readonly NextStep[] {
  const tests = deployment.replace(/(\.ya?ml)$/, '.test$1');
  return [
    [`${command} demo ${shown(path)} --keep`, 'the same, and everything stays up'],
    ...(existsSync(tests) ? [[`${command} test ${shown(tests)}`, 'its tests, without models or Kafka'] as const] : []),
    [`${command} validate ${shown(deployment)}`, 'check a SeldonDeployment'],
  ];
}
