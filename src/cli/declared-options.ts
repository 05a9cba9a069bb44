import type { Command } from 'commander';
import { problemsError } from '../base/errors.ts';
import { readOptions, type OptionSpec, type OptionSpecs, type OptionValues } from '../base/options.ts';

/**
 * Adds declared options to a command: those that have a flag, in their order, with default and environment variable in the
 * help text.
 */
export function addDeclaredOptions(command: Command, specs: OptionSpecs): void {
  for (const spec of Object.values(specs)) {
    if (spec.flag === undefined) continue;
    const placeholder = spec.kind === 'boolean' ? '' : ` <${placeholderOf(spec)}>`;
    command.option(`--${spec.flag}${placeholder}`, helpOf(spec));
  }
}

/**
 * Reads declared options from what commander found and from the environment.
 *
 * @throws MillraceError naming each flag or variable that is wrong
 */
export function readDeclaredOptions<S extends OptionSpecs>(
  specs: S,
  given: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): OptionValues<S> {
  const flags: Record<string, string> = {};
  for (const { flag } of Object.values(specs)) {
    const value = flag === undefined ? undefined : given[camelCase(flag)];
    if (flag !== undefined && value !== undefined) flags[flag] = String(value);
  }
  const { values, problems } = readOptions(specs, { env, flags });
  if (problems.length === 0) return values;
  const wrongFlag = problems.some(({ path }) => path.startsWith('--'));
  throw problemsError('wrong options:', 'OPTIONS_INVALID', problems, wrongFlag ? 2 : 1);
}

function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function placeholderOf(spec: OptionSpec<unknown>): string {
  if (spec.kind === 'integer' || spec.kind === 'number') return 'N';
  if (spec.kind === 'duration') return 'TIME';
  return (spec.unit ?? spec.kind).toUpperCase();
}

function helpOf(spec: OptionSpec<unknown>): string {
  const notes: string[] = [];
  if (spec.choices) notes.push(spec.choices.join(', '));
  const shown = spec.kind === 'duration' ? `${Number(spec.default) / 1000}s` : String(spec.default);
  // Zero and less stand for 'not given'.
  if (!['', '0', '-1', '0s', 'false'].includes(shown)) notes.push(`default ${shown}`);
  if (spec.env !== undefined) notes.push(`or ${spec.env}`);
  return notes.length === 0 ? spec.help : `${spec.help} (${notes.join('; ')})`;
}
