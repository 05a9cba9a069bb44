import type { Problem } from './errors.ts';

type Kind = 'integer' | 'string' | 'boolean' | 'choice' | 'duration' | 'number';

/**
 * An option, declared once: parsing, `--help` and the reference page all come from the declaration.
 * Value precedence is flag, then environment, then default, unless `environmentWins` (Seldon's rule for some).
 */
export interface OptionSpec<T> {
  readonly kind: Kind;
  readonly default: T;
  readonly help: string;
  /** Environment variable that sets it. */
  readonly env?: string;
  /** Command line flag that sets it, without dashes, as Seldon spells it. */
  readonly flag?: string;
  readonly environmentWins?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** What a number counts: ms, bytes, records ... */
  readonly unit?: string;
  /** Never printed. */
  readonly secret?: boolean;
}

/** Options that belong together, by the name of their value in the code. */
export type OptionSpecs = Readonly<Record<string, OptionSpec<unknown>>>;
/** What those options are set to. */
export type OptionValues<S extends OptionSpecs> = { readonly [K in keyof S]: S[K]['default'] };

type Extra<T> = Omit<OptionSpec<T>, 'kind'>;

/** A whole number, within its bounds. */
export const integer = (spec: Extra<number>): OptionSpec<number> => ({ kind: 'integer', ...spec });
/** A number with or without a fraction, within its bounds. */
export const number = (spec: Extra<number>): OptionSpec<number> => ({ kind: 'number', ...spec });
/** Any text. */
export const string = (spec: Extra<string>): OptionSpec<string> => ({ kind: 'string', ...spec });
/** `true` or `false`; a flag alone is `true`. */
export const boolean = (spec: Extra<boolean>): OptionSpec<boolean> => ({ kind: 'boolean', ...spec });
/** A Go duration such as `15s` or `1m30s`; the value is in milliseconds. */
export const duration = (spec: Extra<number>): OptionSpec<number> => ({ kind: 'duration', ...spec });
/** One word of a list. */
export const choice = <C extends string>(spec: Extra<C> & { readonly choices: readonly C[] }): OptionSpec<C> => ({
  kind: 'choice',
  ...spec,
});

/** The value of a text, or what the text should have been. */
export type Parsed = { readonly value: unknown } | { readonly expected: string };

/** Where a value's text stands: flags take Go's base prefixes (`0x1F`, octal `017`), environment variables decimal numbers only. */
export type ValueSource = 'flag' | 'variable';

/** Reads one value from its text; `expected` says what would have been right. */
export function parseOption(spec: OptionSpec<unknown>, text: string, source: ValueSource): Parsed {
  switch (spec.kind) {
    case 'string':
      return { value: text };
    case 'boolean':
      return parseBoolean(text);
    case 'choice':
      return spec.choices?.includes(text) ? { value: text } : { expected: `one of ${spec.choices?.join(', ')}` };
    case 'integer':
      return bounded(spec, source === 'flag' ? parseGoInteger(text) : parseDecimal(text), 'a whole number');
    case 'number':
      return bounded(spec, parseNumber(text), 'a number');
    case 'duration':
      return bounded(spec, parseGoDuration(text), 'a duration such as 15s or 1m30s');
  }
}

function bounded(spec: OptionSpec<unknown>, value: number | undefined, what: string): Parsed {
  const { min = -Infinity, max = Infinity } = spec;
  if (value !== undefined && value >= min && value <= max) return { value };
  if (min === -Infinity && max === Infinity) return { expected: what };
  if (max === Infinity) return { expected: `${what}, at least ${min}` };
  return { expected: `${what} from ${min} to ${max}` };
}

function parseBoolean(text: string): Parsed {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return { value: true };
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return { value: false };
  return { expected: 'true or false' };
}

function parseNumber(text: string): number | undefined {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

// Go's strconv.ParseInt with base 0, which its flag package uses: base prefixes, octal by a leading zero, underscores.
function parseGoInteger(text: string): number | undefined {
  const match = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|[1-9](?:_?[0-9])*|0)$/.exec(text);
  if (!match) return undefined;
  const digits = (match[2] ?? '').replaceAll('_', '').replace(/^0(?=[0-7])/, '0o');
  return safeInteger(Number(digits) * (match[1] === '-' ? -1 : 1));
}

// Go's strconv.Atoi, with which Seldon reads its variables: leading zeros mean nothing.
function parseDecimal(text: string): number | undefined {
  return /^[+-]?[0-9]+$/.test(text) ? safeInteger(Number(text)) : undefined;
}

function safeInteger(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined;
}

const DURATION_UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A Go duration in milliseconds (`1m30s` is 90000), or undefined when the text is none. A bare number needs a unit, but `0`. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0' || text === '+0' || text === '-0') return 0;
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.exec(text);
  if (!match) return undefined;
  let total = 0;
  for (const part of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(part[1]) * (DURATION_UNIT_MS[part[2] ?? ''] ?? 0);
  }
  return match[1] === '-' ? -total : total;
}

/** Where options are set. */
export interface OptionSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Flags that were given, by name without dashes. */
  readonly flags?: Readonly<Record<string, string>>;
}

/**
 * Compiles declared options: each gets its value from the flag, the environment or the default. An empty environment variable
 * counts as not set (Seldon's rule). Problems name the flag or variable, its value (unless secret) and what was expected.
 */
export function readOptions<S extends OptionSpecs>(
  specs: S,
  sources: OptionSources,
): { readonly values: OptionValues<S>; readonly problems: readonly Problem[] } {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const [name, spec] of Object.entries(specs)) {
    values[name] = spec.default;
    const flag = spec.flag === undefined ? undefined : sources.flags?.[spec.flag];
    const env = spec.env === undefined ? undefined : sources.env[spec.env] || undefined;
    const fromFlag = flag !== undefined && !(spec.environmentWins && env !== undefined);
    const text = fromFlag ? flag : env;
    // An empty string flag is Go's zero value: the same as not given.
    if (text === undefined || (fromFlag && text === '' && spec.kind === 'string')) {
      if (fromFlag && env !== undefined) values[name] = env;
      continue;
    }
    const parsed = parseOption(spec, text, fromFlag ? 'flag' : 'variable');
    if ('value' in parsed) values[name] = parsed.value;
    else {
      problems.push({
        path: fromFlag ? `--${spec.flag}` : (spec.env ?? name),
        message: `${spec.secret ? 'the value' : `'${text}'`} is not ${parsed.expected}`,
        remedy: `set it to ${parsed.expected}${spec.unit ? ` (${spec.unit})` : ''}, or leave it out for ${String(spec.default)}`,
      });
    }
  }
  return { values: values as OptionValues<S>, problems };
}
