import { join } from 'node:path';
import { errorText, MillraceError } from '../../base/errors.ts';
import { readOptions, type OptionSpec } from '../../base/options.ts';
import { useOneOf } from '../../base/nearest.ts';
import { readBehaviour } from '../model-server/behaviour.ts';
import { defaultModelServerOptions, modelServerOptions } from '../model-server/options.ts';
import type { Role } from '../model-server/role.ts';

/** What the demo says itself. */
const TAKEN = ['name', 'version', 'host', 'port', 'grpc-port', 'grpc', 'protocol'];

const SPECS: ReadonlyMap<string, OptionSpec<unknown>> = new Map(
  Object.values(modelServerOptions).map((spec) => [spec.flag ?? '', spec as OptionSpec<unknown>]),
);

export interface NodeProblem {
  readonly message: string;
  readonly remedy: string;
}

export type NodeArguments = { readonly flags: Readonly<Record<string, string>> } | NodeProblem;

/**
 * Reads the arguments of a `millrace model-server` for a node, as one types them: `--role router --branch hash`. They are checked as
 * the command would, so that what is wrong is said before anything is started.
 *
 * @param role that the graph wants the node to play
 * @param folder that the path of a model is meant from
 */
export function readNodeArguments(text: string, name: string, role: Role, folder: string): NodeArguments {
  const words = shellWords(text);
  if (words === undefined) return { message: 'a quote is not closed', remedy: 'add its other end' };
  const flags: Record<string, string> = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const [, flag, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const spec = SPECS.get(flag ?? '');
    if (flag === undefined) return { message: `'${word}' is no option`, remedy: 'begin each option with two dashes' };
    if (TAKEN.includes(flag)) return { message: `--${flag} is for the demo to say`, remedy: `leave --${flag} out` };
    if (spec === undefined) {
      const known = [...SPECS.keys()].filter((one) => !TAKEN.includes(one));
      return { message: `'millrace model-server' has no option --${flag}`, remedy: useOneOf(flag, known) };
    }
    if (Object.hasOwn(flags, flag)) return { message: `--${flag} is given twice`, remedy: 'keep one of the two' };
    const value = inline ?? (spec.kind === 'boolean' ? 'true' : words[++i]);
    if (value === undefined)
      return { message: `--${flag} has no value`, remedy: `${spec.help}; write it after a space` };
    flags[flag] = flag === 'model' ? join(folder, value) : value;
  }
  return problemOf(flags, name, role) ?? { flags };
}

function problemOf(flags: Readonly<Record<string, string>>, name: string, role: Role): NodeProblem | undefined {
  const { values, problems } = readOptions(modelServerOptions, { env: {}, flags });
  const [problem] = problems;
  if (problem) return { message: `${problem.path}: ${problem.message}`, remedy: problem.remedy ?? 'see --help' };
  if (values.role !== role) {
    const remedy = role === 'model' ? 'leave --role out' : `write --role ${role}`;
    return { message: `the graph has it as ${role}, and here it is a ${values.role}`, remedy };
  }
  try {
    readBehaviour({ ...defaultModelServerOptions(), ...values, name });
    return undefined;
  } catch (error) {
    const remedy = error instanceof MillraceError ? error.remedy : undefined;
    const message = errorText(error).replace(/^wrong options:\s*/, '');
    return { message, remedy: remedy ?? "'millrace model-server --help' has the options" };
  }
}

/** The words of a line as a shell takes them, with quotes and without anything else; undefined where a quote is open. */
function shellWords(line: string): string[] | undefined {
  const words = [...line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+|['"]/g)].map(([word]) => word);
  if (words.some((word) => word === "'" || word === '"')) return undefined;
  return words.map((word) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
  );
}
