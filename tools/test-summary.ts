// A reporter for node:test: a dot for each test, every failure with its full story, and one closing line with the counts.
import { writeFileSync } from 'node:fs';
import type { TestEvent } from 'node:test/reporters';
import { relative, resolve } from 'node:path';
import { inspect } from 'node:util';

type FailData = Extract<TestEvent, { type: 'test:fail' }>['data'];

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** `N passed, N failed, N skipped` */
export function countsLine({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

const DOTS_PER_LINE = 100;
/** What a file printed is kept for the case that it fails as a whole, the last of it. */
const KEPT_OUTPUT_CHARS = 10_000;

/** A line of standard error that begins with it is shown at once: what a test waits for when it takes long. */
const NOTE = 'note: ';

/** Where the runner reads the counts, when it asks for them. */
const COUNTS_FILE = 'MILLRACE_TEST_COUNTS';

export default async function* summary(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const titles: string[] = [];
  const output = new Map<string, string>();
  const stories: (() => string)[] = [];
  // A name pattern leaves files without a test to run; else such a file is a mistake.
  const selected = process.execArgv.some((argument) => /^--test-(?:name-pattern|skip-pattern|only)/.test(argument));
  let dots = 0;
  const dot = (mark: string) => mark + (++dots % DOTS_PER_LINE === 0 ? '\n' : '');
  const fail = (story: () => string) => {
    counts.failed++;
    stories.push(story);
    return dot('F');
  };

  for await (const { type, data } of events) {
    if (type === 'test:start') {
      titles.length = data.nesting;
      titles.push(data.name);
    } else if (type === 'test:stderr' || type === 'test:stdout' || type === 'test:diagnostic') {
      const { message } = data;
      const file = resolve(data.file ?? '');
      const text = type === 'test:diagnostic' ? `${message}\n` : message;
      output.set(file, ((output.get(file) ?? '') + text).slice(-KEPT_OUTPUT_CHARS));
      if (process.env['MILLRACE_TEST_VERBOSE'] && type !== 'test:diagnostic') yield text;
      else if (type === 'test:stderr' && text.startsWith(NOTE)) yield text;
    } else if (type === 'test:pass' || type === 'test:fail') {
      const title = [...titles.slice(0, data.nesting), data.name].join(' > ');
      if (data.skip !== undefined || data.todo !== undefined) {
        counts.skipped++;
        stories.push(() => `skipped ${title}${reasonOf(data.skip ?? data.todo)}\n`);
        yield dot('s');
      } else if (type === 'test:fail') {
        if (!isFailureOfChildren(data.details.error)) yield fail(() => describeFailure(title, data, output));
      } else if (isWholeFile(data)) {
        if (!selected) yield fail(() => `FAILED ${title}\n  it holds no tests\n`);
      } else if (data.details.type !== 'suite') {
        counts.passed++;
        yield dot('.');
      }
    }
  }
  yield `\n\n${stories.map((story) => `${story()}\n`).join('')}${countsLine(counts)}\n`;
  const file = process.env[COUNTS_FILE];
  if (file) writeFileSync(file, JSON.stringify(counts));
}

function reasonOf(reason: string | boolean | undefined): string {
  return typeof reason === 'string' && reason !== '' ? `: ${reason}` : '';
}

/** A suite, test or file that failed only because something inside it did, which has been told already. */
function isFailureOfChildren(error: FailData['details']['error']): boolean {
  return 'failureType' in error && error.failureType === 'subtestsFailed';
}

/** The runner reports a file as a test of its own when nothing inside it can be reported. */
function isWholeFile({ name, file, nesting }: { name: string; file?: string | undefined; nesting: number }): boolean {
  return nesting === 0 && file !== undefined && resolve(name) === file;
}

function describeFailure(title: string, data: FailData, output: ReadonlyMap<string, string>): string {
  const { error } = data.details;
  const { file } = data;
  if (isWholeFile(data)) {
    const code = 'exitCode' in error && error.exitCode !== undefined ? ` with exit code ${String(error.exitCode)}` : '';
    return `FAILED ${title}\n  the file failed as a whole${code}; it printed:\n${indent(withoutInternals(output.get(file ?? '') ?? ''))}\n`;
  }
  const where = file === undefined ? '' : `  ${relative(process.cwd(), file)}:${data.line ?? 0}\n`;
  return `FAILED ${title}\n${where}${indent(withoutInternals(storyOf(error.cause ?? error)))}\n`;
}

/** An error as one reads it. An assertion's own message has the difference in it; one with a given message has not. */
function storyOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_ASSERTION')
    return inspect(error, { depth: 8 });
  const { stack = error.message, generatedMessage, operator, actual, expected } = error as Error & AssertionDetails;
  if (generatedMessage || operator === 'fail') return stack;
  const values = [`actual: ${inspect(actual, { depth: 8 })}`, `expected: ${inspect(expected, { depth: 8 })}`];
  return `${stack}\n${values.join('\n')}`;
}

interface AssertionDetails {
  readonly generatedMessage?: boolean;
  readonly operator?: string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

/** The stack without Node's own frames: they are the same for every test. */
function withoutInternals(text: string): string {
  return text.replace(/\n\s+at .*(?:node:internal\/|node:async_hooks|\(<anonymous>\)).*?( \{)?(?=\n|$)/g, '$1');
}

function indent(text: string): string {
  return text.trimEnd().replace(/^(?=.)/gm, '  ');
}
