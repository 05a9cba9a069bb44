import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorText, MillraceError, problemsError, type Problem } from '../../base/errors.ts';
import type { Behaviour } from './engine/runner.ts';
import type { ModelServerOptions } from './options.ts';
import { stepOf, type Step } from './role.ts';
import { constantTensor } from './scripts/constant.ts';
import { parseStatusCode, type StatusCode } from './status-code.ts';

/** What the options amount to. */
export interface Served {
  readonly behaviour: Behaviour;
  readonly failCode: StatusCode;
}

/**
 * Finds out what to serve, and whether the options go together.
 *
 * @throws MillraceError that names each option that does not fit the role
 */
export function readBehaviour(options: ModelServerOptions): Served {
  const problems: Problem[] = [];
  const failCode = parseStatusCode(options.failStatus);
  if (failCode === undefined) {
    problems.push({
      path: '--fail-status',
      message: `'${options.failStatus}' is no failure`,
      remedy: 'give an HTTP status from 201 to 599, or the name of a gRPC status such as UNAVAILABLE',
    });
  }
  const rates = options.failRate + options.hangRate + options.resetRate;
  if (rates > 1) {
    problems.push({
      path: '--fail-rate',
      message: `the rates of failures, hangs and resets are ${rates} together`,
      remedy: 'give rates that are 1 together, or less',
    });
  }
  const behaviour = behaviourOf(options, problems);
  if (behaviour === undefined || failCode === undefined || problems.length > 0) {
    throw problemsError('wrong options:', 'OPTIONS_INVALID', problems, 2);
  }
  return { behaviour, failCode };
}

function behaviourOf(options: ModelServerOptions, problems: Problem[]): Behaviour | undefined {
  const given = givenOptions(options);
  const step = stepOf(options.role);
  const wanted = BY_STEP[step];
  for (const flag of given) {
    if (wanted.includes(flag)) continue;
    const those = wanted.map((one) => `--${one}`).join(', ');
    problems.push({
      path: `--${flag}`,
      message: `a ${options.role} has none`,
      remedy: `a ${options.role} has ${those}`,
    });
  }
  if (step === 'route') return routing(options, problems);
  if (step === 'aggregate') return { kind: 'combine', how: options.combine };
  const kinds = new Set(given.filter((flag) => wanted.includes(flag)).map((flag) => KINDS[flag]));
  if (kinds.size !== 1) {
    problems.push({
      path: '--role',
      message: `a ${options.role} ${kinds.size === 0 ? 'does nothing by itself' : 'does one thing'}`,
      remedy: 'give one of --model FILE, --echo, --constant JSON, or --scale N and --add N',
    });
    return undefined;
  }
  if (kinds.has('model')) return { kind: 'onnx', file: modelFile(options.model) };
  if (kinds.has('constant')) return constant(options.constant, problems);
  return { kind: 'transform', scale: options.scale, add: options.add };
}

type Flag = 'model' | 'echo' | 'identity' | 'constant' | 'scale' | 'add' | 'branch' | 'branches' | 'combine';

const BY_STEP: Readonly<Record<Step, readonly Flag[]>> = {
  infer: ['model', 'echo', 'identity', 'constant', 'scale', 'add'],
  route: ['branch', 'branches'],
  aggregate: ['combine'],
};

/** Flags of which a role has one kind. */
const KINDS: Readonly<Partial<Record<Flag, string>>> = {
  model: 'model',
  echo: 'echo',
  identity: 'echo',
  constant: 'constant',
  scale: 'numbers',
  add: 'numbers',
};

function givenOptions(options: ModelServerOptions): readonly Flag[] {
  const flags: Readonly<Record<Flag, boolean>> = {
    model: options.model !== '',
    echo: options.echo,
    identity: options.identity,
    constant: options.constant !== '',
    scale: options.scale !== 1,
    add: options.add !== 0,
    branch: options.branch !== '',
    branches: options.branches !== 2,
    combine: options.combine !== 'mean',
  };
  return (Object.keys(flags) as Flag[]).filter((flag) => flags[flag]);
}

function modelFile(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return resolve(path);
  throw new MillraceError(`there is no model file '${path}'`, {
    code: 'MODEL_MISSING',
    remedy: 'give the path of an ONNX file, such as examples/cifar10/resnet32.onnx',
  });
}

function constant(json: string, problems: Problem[]): Behaviour {
  try {
    constantTensor(json);
  } catch (error) {
    const remedy = 'give JSON: a number, or lists of numbers such as [[0.1,0.9]]';
    problems.push({ path: '--constant', message: errorText(error), remedy });
  }
  return { kind: 'constant', json };
}

function routing({ branch, branches }: ModelServerOptions, problems: Problem[]): Behaviour {
  if (branch === 'random' || branch === 'hash') return { kind: 'route', branch, branches };
  const number = branch === '' ? 0 : Number(branch);
  if (!/^(?:-[12]|\d{1,4}|)$/.test(branch)) {
    const remedy = 'give the number of a child from 0, -1 for all, -2 for none, random or hash';
    problems.push({ path: '--branch', message: `'${branch}' is no branch`, remedy });
  }
  return { kind: 'route', branch: number, branches };
}
