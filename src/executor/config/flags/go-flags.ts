import { MillraceError } from '../../../base/errors.ts';
import { editDistance } from '../../../base/nearest.ts';
import { parseOption, type OptionSpec, type OptionSpecs } from '../../../base/options.ts';

/** What a command line in Go's flag syntax says. */
export interface GoFlags {
  /** The text given for each flag, by name; a flag given twice has its last value. */
  readonly flags: Readonly<Record<string, string>>;
  /** What stands behind the last flag; Seldon's executor does not look at it. */
  readonly rest: readonly string[];
}

/**
 * Reads a command line as Go's `flag` package does, whose users write `--name value`, `-name=value` and so on:
 * one dash or two; a boolean takes a value only with `=`; the first argument that is no flag, or `--`, ends the flags.
 * Only the syntax of a value is judged here; its bounds are judged where options are compiled.
 *
 * @returns undefined when help was asked for (`-h`, `-help`)
 * @throws MillraceError with exit code 2 and Go's words
 */
export function parseGoFlags(argv: readonly string[], specs: OptionSpecs): GoFlags | undefined {
  const byFlag = new Map<string, OptionSpec<unknown>>();
  for (const spec of Object.values(specs)) if (spec.flag !== undefined) byFlag.set(spec.flag, spec);
  const flags: Record<string, string> = {};
  let at = 0;
  for (let argument = argv[at]; argument !== undefined; argument = argv[at]) {
    if (argument.length < 2 || !argument.startsWith('-')) break;
    at++;
    if (argument === '--') break;
    const { name, value } = splitFlag(argument);
    const spec = byFlag.get(name);
    if (spec === undefined) {
      if (name === 'h' || name === 'help') return undefined;
      throw flagError(`flag provided but not defined: -${name}`, meantFlag(name, [...byFlag.keys()]));
    }
    const text = value ?? (spec.kind === 'boolean' ? 'true' : argv[at++]);
    if (text === undefined) throw flagError(`flag needs an argument: -${name}`);
    checkSyntax(name, spec, text);
    flags[name] = text;
  }
  return { flags, rest: argv.slice(at) };
}

function splitFlag(argument: string): { readonly name: string; readonly value: string | undefined } {
  const body = argument.slice(argument.startsWith('--') ? 2 : 1);
  if (body === '' || body.startsWith('-') || body.startsWith('=')) throw flagError(`bad flag syntax: ${argument}`);
  const equals = body.indexOf('=');
  return equals < 0 ? { name: body, value: undefined } : { name: body.slice(0, equals), value: body.slice(equals + 1) };
}

function checkSyntax(name: string, spec: OptionSpec<unknown>, text: string): void {
  // To Go a choice is a string, and no number has bounds.
  if (spec.kind === 'choice') return;
  const { min: _min, max: _max, ...unbounded } = spec;
  const parsed = parseOption(unbounded, text, 'flag');
  if ('value' in parsed) return;
  const what = spec.kind === 'boolean' ? 'boolean value' : 'value';
  const join = spec.kind === 'boolean' ? 'for' : 'for flag';
  const shown = spec.secret ? '' : ` ${JSON.stringify(text)}`;
  throw flagError(`invalid ${what}${shown} ${join} -${name}: parse error`, `give ${parsed.expected}`);
}

function flagError(message: string, remedy = "'millrace executor --help' lists the flags"): MillraceError {
  return new MillraceError(message, { code: 'FLAG_INVALID', remedy, exitCode: 2 });
}

function meantFlag(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, '');
  const same = known.find((flag) => plain(flag) === plain(name));
  const close = same ?? known.find((flag) => flag.length > 3 && editDistance(plain(flag), plain(name)) <= 2);
  return close === undefined ? undefined : `did you mean -${close}?`;
}
