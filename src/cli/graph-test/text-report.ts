import type { Problem } from '../../base/errors.ts';
import type { Difference, Mismatch } from '../../dev/graph-test/compare/mismatch.ts';
import type { TestResult } from '../../dev/graph-test/run/run-graph-test.ts';
import type { Paint } from '../demo/screen/paint.ts';
import { escapeControls } from '../records/printable.ts';
import type { FileRun } from './file-run.ts';

/** The results as lines for a person. */
export class TextReport {
  readonly #paint: Paint;
  readonly #width: number;

  /** @param width characters after which a value is cut off */
  constructor(paint: Paint, width: number) {
    this.#paint = paint;
    this.#width = width;
  }

  /** One line for a test that passed; for another, all that is wrong with it. */
  result({ test, passed, durationMs, mismatches, notes }: TestResult): string[] {
    const time = this.#paint('dim', `${Math.max(1, Math.round(durationMs))} ms`);
    const name = escapeControls(test.name);
    const head = passed
      ? `  ${this.#paint('green', '✓')} ${name}  ${time}`
      : `  ${this.#paint('red', `✗ ${name}`)}  ${time}`;
    const line = passed ? [] : [this.#paint('dim', `      line ${test.line}`)];
    const told = notes.map((note) => this.#paint('yellow', `      note: ${escapeControls(note)}`));
    return [head, ...line, ...mismatches.flatMap((mismatch) => this.#mismatch(mismatch)), ...told];
  }

  problem({ line, path, message, remedy }: Problem): string[] {
    const where = line === undefined ? '' : `line ${line}  `;
    const [first = '', ...more] = message.split('\n').map(escapeControls);
    const lines = [
      `  ${this.#paint('red', '✗')} ${where}${escapeControls(path)}: ${first}`,
      ...more.map((one) => `      ${one}`),
    ];
    return remedy === undefined ? lines : [...lines, `      ${escapeControls(remedy)}`];
  }

  summary(runs: readonly FileRun[], durationMs: number): string {
    const results = runs.flatMap((run) => run.results);
    const failed = results.filter(({ passed }) => !passed).length;
    const broken = runs.filter(({ problems }) => problems.length > 0).length;
    const updated = runs.flatMap((run) => run.updated).length;
    const leftOut = runs.reduce((sum, run) => sum + run.leftOut, 0);
    const parts = [
      this.#paint(results.length > failed ? 'green' : 'dim', `${results.length - failed} passed`),
      this.#paint(failed > 0 ? 'red' : 'dim', `${failed} failed`),
      ...(broken > 0 ? [this.#paint('red', `${broken} ${broken === 1 ? 'file' : 'files'} that cannot be run`)] : []),
      ...(updated > 0 ? [this.#paint('yellow', `${updated} updated`)] : []),
      ...(leftOut > 0 ? [this.#paint('dim', `${leftOut} left out`)] : []),
    ];
    return `${parts.join(', ')} ${this.#paint('dim', `in ${(durationMs / 1_000).toFixed(2)} s`)}`;
  }

  #mismatch({ about, message, differences, more }: Mismatch): string[] {
    const head = escapeControls(message === undefined ? about : `${about}: ${message}`);
    const lines = [
      `      ${this.#clip(head, 4)}`,
      ...differences.flatMap((difference) => this.#difference(difference)),
    ];
    return more === undefined ? lines : [...lines, `        … and ${more} more differences`];
  }

  #difference({ path, expected, got }: Difference): string[] {
    const lines = path === '' ? [] : [this.#paint('cyan', `        ${escapeControls(path)}`)];
    lines.push(this.#paint('red', `        - expected ${this.#value(expected)}`));
    lines.push(this.#paint('green', `        + got      ${this.#value(got)}`));
    return lines;
  }

  #value(text: string | undefined): string {
    return text === undefined ? '(nothing)' : this.#clip(escapeControls(text), 1);
  }

  #clip(text: string, lines: number): string {
    const limit = Math.max(20, this.#width * lines - INDENT);
    return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  }
}

const INDENT = 20;
