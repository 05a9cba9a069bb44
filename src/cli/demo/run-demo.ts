import { sleep } from '../../base/clock.ts';
import type { OptionValues } from '../../base/options.ts';
import { CIFAR10_CLASSES, readCifar10Images, type Cifar10Image } from '../../dev/demo/cifar10-images.ts';
import { cifar10Request } from '../../dev/demo/cifar10-request.ts';
import { DemoStream } from '../../dev/demo/demo-stream.ts';
import { demoRequests } from '../../dev/demo/ledger/demo-request.ts';
import { Ledger } from '../../dev/demo/ledger/ledger.ts';
import { reportPhase, type Phase, type PhaseReport } from '../../dev/demo/ledger/phase.ts';
import type { MillraceProgram } from '../../dev/demo/millrace-child.ts';
import { colourDepth } from '../../dev/demo/thumbnail.ts';
import { countText } from '../amounts.ts';
import type { demoOptions } from './demo-options.ts';
import { firstPhase, planPhases, steadyPhase } from './demo-phases.ts';
import { DemoWorld } from './demo-world.ts';
import { captionList, chooseExhibits, gallery } from './gallery.ts';
import { Interruption } from './interruption.ts';
import { keptRunning, nextSteps } from './next-steps.ts';
import { plainScreen } from './screen/plain-screen.ts';
import { errorTable, resultTable } from './result-table.ts';
import type { Screen } from './screen/screen.ts';
import { StreamView } from './stream-view.ts';
import { terminalScreen } from './screen/terminal-screen.ts';

export type DemoSettings = OptionValues<typeof demoOptions> & { readonly color: boolean };

/**
 * Runs the demo from begin to end; nothing of it is left afterwards.
 *
 * @returns the exit code: 0 when every request had the answer it should have, 1 when not, 128 and the signal's number when it
 *   was interrupted
 * @throws MillraceError when a part of it cannot run
 */
export async function runDemo(settings: DemoSettings, program: MillraceProgram): Promise<number> {
  const interruption = new Interruption();
  const screen = createScreen(settings);
  let world: DemoWorld | undefined;
  try {
    world = await DemoWorld.create(program, settings.broker, settings.workers);
    const signal = AbortSignal.any([interruption.signal, world.failed]);
    return await new Demo(settings, program, screen, world, signal).run();
  } catch (error) {
    if (interruption.signal.aborted) return interruption.exitCode;
    // What is thrown once a part has failed is a consequence of it.
    throw world?.failed.aborted ? world.failed.reason : error;
  } finally {
    screen.close();
    await world?.close();
  }
}

function createScreen({ plain, color }: DemoSettings): Screen {
  const { stdout } = process;
  if (plain || !stdout.isTTY) return plainScreen();
  return terminalScreen(color && colourDepth(stdout) > 1);
}

/** One run of the demo over what it has started. */
class Demo {
  readonly #settings: DemoSettings;
  readonly #command: string;
  readonly #screen: Screen;
  readonly #world: DemoWorld;
  readonly #signal: AbortSignal;

  constructor(settings: DemoSettings, program: MillraceProgram, screen: Screen, world: DemoWorld, signal: AbortSignal) {
    this.#settings = settings;
    // In a checkout nothing is on PATH.
    this.#command = program.args.at(-1)?.endsWith('.ts') ? 'bin/millrace' : 'millrace';
    this.#screen = screen;
    this.#world = world;
    this.#signal = signal;
  }

  async run(): Promise<number> {
    const { keep } = this.#settings;
    const images = await readCifar10Images();
    await this.#startServers();
    const stream = await this.#openStream(images);
    await this.#world.startDeployment(this.#screen, this.#signal);
    const reports = await this.#streamAll(stream, images);
    if (!keep) await this.#stopDeployment();
    await stream.caughtUp(this.#signal);
    this.#show(stream.ledger, reports, images);
    const exitCode = this.#judge(stream.ledger);
    const { paint } = this.#screen;
    if (!keep) {
      this.#screen.print(`\n${nextSteps(this.#command, paint)}\n`);
      return exitCode;
    }
    this.#screen.print(`\n${keptRunning(this.#command, this.#world, paint)}\n`);
    await this.#untilInterrupted();
    return exitCode;
  }

  // Both at once. When one fails the other is given up, and its error is that of the demo.
  async #startServers(): Promise<void> {
    const starts = [
      this.#world.startKafka(this.#screen, this.#signal),
      this.#world.startModelServer(this.#screen, this.#signal),
    ];
    for (const start of starts) start.catch(this.#world.fail);
    await Promise.allSettled(starts);
    this.#signal.throwIfAborted();
  }

  async #openStream(images: readonly Cifar10Image[]): Promise<DemoStream> {
    const { requests: count, rate } = this.#settings;
    const { connection, names, fail } = this.#world;
    const requests = demoRequests(count, images.length, planPhases(count, rate).atOnce);
    const ledger = new Ledger(requests, names.inputTopic, CIFAR10_CLASSES.length);
    const needed = images.slice(0, count).map(({ pixels }) => cifar10Request(pixels));
    const opening = DemoStream.open(connection, names, ledger, needed, fail, this.#signal);
    this.#world.defer(async () => opening.then(async (stream) => stream.close()).catch(() => undefined));
    await this.#screen.step('creating the topics', async () => {
      await opening;
      return `topics ${names.inputTopic} and ${names.outputTopic} ready`;
    });
    return opening;
  }

  async #streamAll(stream: DemoStream, images: readonly Cifar10Image[]): Promise<readonly PhaseReport[]> {
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

  // A clean end finishes and commits what is in flight; an answer too many would be there by then.
  async #stopDeployment(): Promise<void> {
    this.#screen.print('');
    await this.#screen.step('stopping the deployment', async () => {
      const clean = (await this.#world.deployment?.stop()) ?? true;
      return clean ? 'deployment stopped, its offsets committed' : 'deployment stopped, not in good order';
    });
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
    const drawn = !this.#settings.plain && stdout.isTTY;
    const depth = this.#settings.color ? colourDepth(stdout) : 1;
    print('\n  Some of the pictures, with what the model says of them:\n');
    print(drawn ? gallery(exhibits, depth, stdout.columns, paint) : captionList(exhibits));
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

  async #untilInterrupted(): Promise<void> {
    while (!this.#signal.aborted) await sleep(KEEP_LOOK_MS, this.#signal);
    if (this.#world.failed.aborted) throw this.#world.failed.reason;
  }
}

const KEEP_LOOK_MS = 60_000;
const LATENCY_NOTE = `  Latency: from handing a request to the Kafka client to reading its result
  from the output topic. When all come at once, most of it is time in the queue.`;
