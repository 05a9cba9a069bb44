import type { OptionSpec } from '../src/base/options.ts';
import { executorOptionGroups } from '../src/executor/config/config.ts';
import { defaultText, shownChoices } from '../src/executor/config/flags/flag-usage.ts';

/** docs/reference/options.md, from the declarations of the options. */
export function optionsPage(): string {
  const sections = executorOptionGroups.map(({ heading, specs }) => {
    const rows = Object.values(specs).map(row);
    return [
      `## ${heading}`,
      '',
      '| Variable | Flag | Value | Default | Meaning |',
      '|---|---|---|---|---|',
      ...rows,
      '',
    ];
  });
  return [...INTRODUCTION, ...sections.flat()].join('\n');
}

const INTRODUCTION = [
  '<!-- Written by tools/generate.ts from the declarations of the options; change those. -->',
  '',
  '# Options of the executor',
  '',
  'What `millrace executor` takes, and what a predictor of a SeldonDeployment can set in `svcOrchSpec.env`.',
  '`millrace run` takes the variables from there too; a `KAFKA_*` variable of the shell wins over the document, and `--env` over both.',
  '',
  'A flag is written as Go writes it: `-name value`, `--name value` or `--name=value`; a switch is `--name` or `--name=false`.',
  'A flag wins over its variable, unless the table says that the variable wins. An empty variable counts as not set.',
  '',
];

function row(spec: OptionSpec<unknown>): string {
  const flag = spec.flag === undefined ? '' : code(`--${spec.flag}`);
  const variable = spec.env === undefined ? '' : code(spec.env);
  const wins = spec.flag !== undefined && spec.environmentWins ? '. The variable wins' : '';
  const secret = spec.secret ? '. Never printed' : '';
  const shownDefault = spec.default === '' ? '' : code(defaultText(spec));
  const cells = [variable, flag, value(spec), shownDefault, `${spec.help}${wins}${secret}`];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function value(spec: OptionSpec<unknown>): string {
  const unit = spec.unit === undefined ? '' : `, ${spec.unit}`;
  switch (spec.kind) {
    case 'choice':
      return shownChoices(spec).map(code).join(', ');
    case 'duration':
      return `duration${bounds(spec)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return `${spec.kind}${unit}${bounds(spec)}`;
  }
}

function bounds({ min, max }: OptionSpec<unknown>): string {
  if (min !== undefined && max !== undefined) return `, ${min} to ${max}`;
  if (min !== undefined && min > 0) return `, at least ${min}`;
  return '';
}

const code = (text: string): string => `\`${text}\``;
