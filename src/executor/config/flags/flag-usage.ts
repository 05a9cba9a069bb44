import type { OptionSpec, OptionSpecs } from '../../../base/options.ts';

/** Options under one heading. */
export interface OptionGroup {
  readonly heading: string;
  readonly specs: OptionSpecs;
}

/** The help of a command that takes Go flags: every flag with its default, and what only the environment sets. */
export function flagUsage(title: string, groups: readonly OptionGroup[]): string {
  const lines = [title];
  for (const { heading, specs } of groups) {
    lines.push('', `${heading}:`);
    for (const spec of Object.values(specs)) lines.push(...describe(spec));
  }
  return lines.join('\n');
}

function describe(spec: OptionSpec<unknown>): string[] {
  const names = [spec.flag === undefined ? undefined : `--${spec.flag}${placeholder(spec)}`, spec.env];
  const shown = names.filter((name) => name !== undefined).join(', ');
  return [`  ${shown}`, `      ${spec.help}${facts(spec)}`];
}

function placeholder(spec: OptionSpec<unknown>): string {
  if (spec.kind === 'boolean') return '[=BOOL]';
  if (spec.kind === 'choice') return ` ${shownChoices(spec).join('|')}`;
  return ` ${spec.kind.toUpperCase()}`;
}

/** Each choice once, whatever its case, as it is spelled first. */
export function shownChoices(spec: OptionSpec<unknown>): string[] {
  const shown = new Map<string, string>();
  for (const choice of spec.choices ?? [])
    if (!shown.has(choice.toLowerCase())) shown.set(choice.toLowerCase(), choice);
  return [...shown.values()];
}

function facts(spec: OptionSpec<unknown>): string {
  const facts: string[] = [];
  if (spec.kind === 'choice' && spec.flag === undefined) facts.push(shownChoices(spec).join('|'));
  if (spec.unit !== undefined) facts.push(`in ${spec.unit}`);
  if (spec.default !== '') facts.push(`default ${defaultText(spec)}`);
  if (spec.flag !== undefined && spec.env !== undefined) {
    facts.push(spec.environmentWins ? 'the variable wins' : 'the flag wins');
  }
  return facts.length === 0 ? '' : ` (${facts.join('; ')})`;
}

/** The default as a user would write it. */
export function defaultText(spec: OptionSpec<unknown>): string {
  return spec.kind === 'duration' ? `${Number(spec.default) / 1000}s` : String(spec.default);
}
