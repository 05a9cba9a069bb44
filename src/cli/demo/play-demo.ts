import type { DemoPlan } from '../../dev/demo/demo-plan.ts';
import type { MillraceProgram } from '../../dev/demo/millrace-child.ts';
import { terminalColumns } from '../terminal-columns.ts';
import { colourDepth } from '../../dev/demo/cifar10/thumbnail.ts';
import { DemoWorld } from './demo-world.ts';
import { Interruption } from './interruption.ts';
import { plainScreen } from './screen/plain-screen.ts';
import type { Screen } from './screen/screen.ts';
import { terminalScreen } from './screen/terminal-screen.ts';

/** What a demo plays with. */
export interface DemoStage {
  /** How the person calls Millrace. */
  readonly command: string;
  readonly screen: Screen;
  readonly world: DemoWorld;
  /** Aborted by Ctrl-C, and when a part has failed. */
  readonly signal: AbortSignal;
}

export interface StageSettings {
  readonly broker: string;
  readonly plain: boolean;
  readonly color: boolean;
}

/**
 * Plays a demo; what it has started is ended and removed, however it ends.
 *
 * @returns what `play` returns, or 128 and the signal's number when it was interrupted
 * @throws MillraceError when a part of it cannot run
 */
export async function playDemo(
  settings: StageSettings,
  program: MillraceProgram,
  plan: DemoPlan,
  play: (stage: DemoStage) => Promise<number>,
): Promise<number> {
  const interruption = new Interruption();
  const screen = createScreen(settings);
  // In a checkout nothing is on PATH.
  const command = program.args.at(-1)?.endsWith('.ts') ? 'bin/millrace' : 'millrace';
  let world: DemoWorld | undefined;
  try {
    world = await DemoWorld.create(program, settings.broker, plan);
    const signal = AbortSignal.any([interruption.signal, world.failed]);
    return await play({ command, screen, world, signal });
  } catch (error) {
    if (interruption.signal.aborted) return interruption.exitCode;
    // What is thrown once a part has failed is a consequence of it.
    throw world?.failed.aborted ? world.failed.reason : error;
  } finally {
    screen.close();
    await world?.close();
  }
}

function createScreen({ plain, color }: StageSettings): Screen {
  const { stdout } = process;
  if (plain || terminalColumns(stdout) === undefined) return plainScreen();
  return terminalScreen(color && colourDepth(stdout) > 1);
}
