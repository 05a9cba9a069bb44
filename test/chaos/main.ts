// `npm run chaos`: the proof of docs/guarantees.md.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interruption } from '../../src/cli/demo/interruption.ts';
import { note, print, printError } from '../../src/cli/print.ts';
import { createProgress, type Progress } from '../../src/cli/progress.ts';
import { startArena, type Arena } from './arena/arena.ts';
import { cellCount, cells, type Cell } from './cell.ts';
import { readChaosOptions, type ChaosOptions } from './chaos-options.ts';
import { chaosTable, violationText } from './chaos-table.ts';
import { FAULTS } from './faults/all-faults.ts';
import { brokenCell, playCell, type CellReport } from './play-cell.ts';

interface Played {
  readonly reports: readonly CellReport[];
  /** Cells that could not be played to their end. */
  readonly failures: readonly string[];
}

const options = readChaosOptions(process.argv.slice(2));
if (options.list) {
  for (const { name, about } of FAULTS) print(`${name.padEnd(16)}${about}`);
} else process.exitCode = await run(options);

async function run({ selection, seconds, json, keepLogs }: ChaosOptions): Promise<number> {
  const interruption = new Interruption();
  const folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
  const progress = createProgress();
  let arena: Arena | undefined;
  try {
    const renew = async () => {
      await arena?.stop();
      arena = undefined;
      return (arena = await startArena(note));
    };
    note(`seed ${selection.seed}; three brokers start ...`);
    const first = await renew();
    const kafka = first.cluster.version;
    note(`Apache Kafka ${kafka}; ${cellCount(selection)} cells`);
    const total = seconds === undefined ? cellCount(selection) : undefined;
    const { signal } = interruption;
    const played = await playAll(first, renew, { selection, seconds, total, folder, keepLogs, signal, progress });
    progress.stop();
    print(chaosTable(played.reports));
    const broken = played.reports.filter((report) => report.broken.length > 0);
    for (const report of broken) print(violationText(report));
    for (const failure of played.failures) print(`NOT PLAYED: ${failure}`);
    print(summary(played, broken.length));
    if (json !== undefined) await writeFile(json, `${JSON.stringify(jsonOf(kafka, played), null, 2)}\n`);
    const wrong = broken.length + played.failures.length;
    if (keepLogs) note(`logs: ${folder}`);
    // Logs stay where something broke.
    else if (wrong === 0) await rm(folder, { recursive: true, force: true });
    if (interruption.exitCode !== 0) return interruption.exitCode;
    return wrong > 0 || played.reports.length === 0 ? 1 : 0;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (interruption.exitCode !== 0) return interruption.exitCode;
    printError(error);
    return 1;
  } finally {
    progress.stop();
    await arena?.stop();
  }
}

interface Run {
  readonly selection: ChaosOptions['selection'];
  readonly seconds: number | undefined;
  readonly total: number | undefined;
  readonly folder: string;
  readonly keepLogs: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** @param renew makes another arena, after a cell that could not be played: something of the old one may be broken */
async function playAll(first: Arena, renew: () => Promise<Arena>, run: Run): Promise<Played> {
  const { selection, seconds, total, folder, keepLogs, signal, progress } = run;
  const begun = performance.now();
  const reports: CellReport[] = [];
  const failures: string[] = [];
  let arena = first;
  let count = 0;
  for (const cell of cells(selection)) {
    const elapsedS = (performance.now() - begun) / 1_000;
    if (signal.aborted || (total !== undefined && count >= total)) break;
    if (seconds !== undefined && elapsedS > seconds) break;
    const fraction = total !== undefined ? count / total : elapsedS / (seconds ?? 1);
    const tell = (text: string) => progress.update(fraction, `${titleOf(cell)}: ${text}`);
    count++;
    try {
      const report = await playCell(arena, cell, { folder, keepLogs, signal, tell });
      reports.push(report);
      if (report.broken.length === 0) continue;
      progress.stop();
      note(violationText(report));
    } catch (error) {
      if (signal.aborted) break;
      failures.push(brokenCell(cell, error));
      progress.stop();
      note(`NOT PLAYED: ${failures.at(-1)}`);
      arena = await renew();
    }
  }
  return { reports, failures };
}

function titleOf({ fault, delivery, order, seed }: Cell): string {
  return `${fault.name}, ${delivery}, ${order}, seed ${seed}`;
}

function summary({ reports, failures }: Played, broken: number): string {
  const records = reports.reduce((sum, { verdict }) => sum + verdict.inputs, 0);
  const faults = reports.reduce((sum, { injected }) => sum + injected.length, 0);
  const verdict =
    broken + failures.length === 0
      ? 'every promise was kept'
      : `${broken} cells broke a promise, ${failures.length} could not be played`;
  return `${reports.length} cells, ${records} records, ${faults} faults: ${verdict}.`;
}

function jsonOf(kafka: string, { reports, failures }: Played): unknown {
  return {
    kafka,
    failures,
    cells: reports.map(({ cell, settings, injected, verdict, broken, durationMs }) => {
      const { fault, delivery, order, seed } = cell;
      return {
        fault: fault.name,
        delivery,
        order,
        seed,
        settings,
        injected,
        verdict,
        broken,
        durationMs: Math.round(durationMs),
      };
    }),
  };
}
