import type { ConnectionRole } from '../../kafka/channels.ts';
import type { OpenTrouble } from '../../kafka/cluster/troubles.ts';

/** What the brokers are in trouble with, of these roles, as the end of a sentence: `: why; why`, or empty for nothing. */
export function troubleText(troubles: readonly OpenTrouble[], ...roles: readonly ConnectionRole[]): string {
  const told = new Set(troubles.filter(({ role }) => roles.includes(role)).map(({ error }) => error));
  return told.size === 0 ? '' : `: ${[...told].join('; ')}`;
}

/** A time in the sentences about a stream, in whole seconds: `12 s`. */
export function secondsText(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
