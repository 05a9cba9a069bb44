import { fileURLToPath } from 'node:url';
import type { OptionValues } from '../../base/options.ts';
import { CIFAR10_CLASSES, readCifar10Images, type Cifar10Image } from '../../dev/demo/cifar10/cifar10-images.ts';
import { cifar10Request } from '../../dev/demo/cifar10/cifar10-request.ts';
import { cifar10Plan } from '../../dev/demo/cifar10/cifar10-plan.ts';
import type { DemoStream } from '../../dev/demo/stream/demo-stream.ts';
import { demoRequests } from '../../dev/demo/ledger/demo-request.ts';
import { Ledger } from '../../dev/demo/ledger/ledger.ts';
import { reportPhase, type Phase, type PhaseReport } from '../../dev/demo/ledger/phase.ts';
import type { MillraceProgram } from '../../dev/demo/millrace-child.ts';
import { colourDepth } from '../../dev/demo/cifar10/thumbnail.ts';
import { terminalColumns } from '../terminal-columns.ts';
import { countText } from '../amounts.ts';
import type { demoOptions } from './demo-options.ts';
import { firstPhase, planPhases, steadyPhase } from './demo-phases.ts';
import type { DemoWorld } from './demo-world.ts';
import { captionList, chooseExhibits, gallery } from './gallery.ts';
import { keptRunning, nextSteps, shown, type NextStep } from './next-steps.ts';
import { openStream } from './open-stream.ts';
import { playDemo, type DemoStage } from './play-demo.ts';
import { errorTable, resultTable } from './result-table.ts';
import type { Screen } from './screen/screen.ts';
import { StreamView } from './stream-view.ts';

export type DemoSettings = OptionValues<typeof demoOptions> & { readonly color: boolean };

/**
 * Runs the demo with the pictures from begin to end; nothing of it is left afterwards.
 *
 * @returns the exit code: 0 when every request had the answer it should have, 1 when not, 128 and the signal's number when it
 *   was interrupted
 * @throws MillraceError when a part of it cannot run
 */
export async function runDemo(settings: DemoSettings, program: MillraceProgram): Promise<number> {
  return playDemo(settings, program, cifar10Plan(settings.workers), async (stage) => new Demo(settings, stage).run());
}

/** One run of the demo over what it has started. */
class Demo {
  readonly #settings: DemoSettings;
  readonly #command: string;
  readonly #screen: Screen;
  readonly #world: DemoWorld;
  readonly #signal: AbortSignal;

  constructor(settings: DemoSettings, { command, screen, world, signal }: DemoStage) {
    this.#settings = settings;
    this.#command = command;
    this.#screen = screen;
    this.#world = world;
    this.#signal = signal;
  }

  async run(): Promise<number> {
    const { keep } = this.#settings;
    const images = await readCifar10Images();
    await this.#world.startServers(this.#screen, this.#signal);
    const stream = await this.#openStream(images);
    await this.#world.startDeployment(this.#screen, this.#signal);
    const reports = await this.#streamAll(stream, images);
    if (!keep) await this.#world.stopDeployment(this.#screen);
    await stream.caughtUp(this.#signal);
    this.#show(stream.ledger, reports, images);
    const exitCode = this.#judge(stream.ledger);
    const { paint } = this.#screen;
    if (!keep) {
      this.#screen.print(`\n${nextSteps(this.#nextSteps(), paint)}\n`);
      return exitCode;
    }
    this.#screen.print(`\n${keptRunning(this.#command, this.#world, paint)}\n`);
    await this.#world.untilInterrupted(this.#signal);
    return exitCode;
  }

  async #openStream(images: readonly Cifar10Image[]): Promise<DemoStream<Ledger>> {
    const { requests: count, rate } = this.#settings;
    const { names } = this.#world;
    const requests = demoRequests(count, images.length, planPhases(count, rate).atOnce);
    const ledger = new Ledger(requests, names.inputTopic, CIFAR10_CLASSES.length);
    const needed = images.slice(0, count).map(({ pixels }) => cifar10Request(pixels));
    const recordOf = (index: number) => {
      const request = requests[index];
      if (request === undefined) return undefined;
      const value = request.malformed ? request.malformed.value : (needed[request.image] ?? null);
      return { key: Buffer.from(request.key), value, headers: [] };
    };
    return openStream(this.#world, this.#screen, ledger, recordOf, this.#signal);
  }

  async #streamAll(stream: DemoStream<Ledger>, images: readonly Cifar10Image[]): Promise<readonly PhaseReport[]> {
    const { requests, rate } = this.#settings;
    const truth = images.map(({ label }) => label);
    const play = async (phase: Phase, ratePerSecond: number | undefined) => {
      const view = new StreamView(stream, this.#screen.paint);
      await this.#screen.watch(
        () => view.now(),
        async () => stream.run(phase.from, phase.to, ratePerSecond, this.#signal),
      );
      return reportPhase(phase, stream.ledger, truth);
    };
    const plan = planPhases(requests, rate);
    const first = firstPhase(plan, rate);
    const how = rate > 0 ? `${countText(rate)} a second` : 'as fast as Kafka takes them';
    this.#screen.print(`\n  Streaming ${countText(plan.atOnce)} requests and some malformed ones, ${how}:`);
    const report = await play(first, rate > 0 ? rate : undefined);
    if (plan.steady === 0) return [report];
    const measured = ((first.to - first.from) * 1000) / Math.max(1, report.durationMs);
    const steady = steadyPhase(plan, first, measured);
    this.#screen.print(`\n  Streaming ${countText(plan.steady)} more, ${countText(steady.rate)} a second:`);
    return [report, await play(steady, steady.rate)];
  }

  #show(ledger: Ledger, reports: readonly PhaseReport[], images: readonly Cifar10Image[]): void {
    const { print, paint } = this.#screen;
    const { stdout } = process;
    print(`\n${resultTable(reports)}`);
    print(paint('dim', LATENCY_NOTE));
    if (ledger.rejections.length > 0) {
      print(
        `\n  The error topic has the malformed ones, each with its reason:\n${errorTable(ledger.rejections, stdout.columns || 0)}`,
      );
    }
    const exhibits = chooseExhibits(images, ledger.answers);
    const columns = this.#settings.plain ? undefined : terminalColumns(stdout);
    const depth = this.#settings.color ? colourDepth(stdout) : 1;
    print('\n  Some of the pictures, with what the model says of them:\n');
    print(columns === undefined ? captionList(exhibits) : gallery(exhibits, depth, columns, paint));
  }

  #judge(ledger: Ledger): number {
    const { print, paint } = this.#screen;
    const problems = ledger.problems();
    if (problems.length === 0) {
      const sentence = `Every request has exactly one answer: ${countText(ledger.results)} predictions, ${ledger.errors} error records.`;
      print(`\n${paint('green', '✔')} ${paint('bold', sentence)}`);
      return 0;
    }
    print(`\n${paint('red', '✘')} ${paint('bold', 'Not every request has the answer that it should have:')}`);
    for (const problem of problems) print(`    ${problem}`);
    return 1;
  }

  #nextSteps(): readonly NextStep[] {
    const file = shown(this.#world.plan.deployment);
    return [
      [`${this.#command} demo --keep`, 'the same, and everything stays up'],
      [`${this.#command} demo ${shown(ROUTER)}`, 'another kind of graph; docs/examples.md has them all'],
      [`${this.#command} validate ${file}`, 'check a SeldonDeployment of yours'],
      [`${this.#command} kafka --topic requests:4`, 'a Kafka for development'],
      [`${this.#command} run ${file} --help`, 'run a SeldonDeployment here'],
    ];
  }
}

const ROUTER = fileURLToPath(new URL('../../../examples/graphs/router', import.meta.url));
const LATENCY_NOTE = `  Latency: from handing a request to the Kafka client to reading its result
  from the output topic. When all come at once, most of it is time in the queue.`;
