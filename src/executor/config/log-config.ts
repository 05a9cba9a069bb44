import type { ExecutorConfig, LogLevel } from './executor-config.ts';

const LEVELS: Readonly<Record<string, LogLevel>> = {
  DEBUG: 'debug',
  INFO: 'info',
  // Seldon takes WARN for INFO, through an empty case in a switch.
  WARN: 'warn',
  WARNING: 'warn',
  ERROR: 'error',
  FATAL: 'fatal',
};

/** Compiles the log options: `debug` is for people and begins at DEBUG unless a level was asked for. */
export function logConfig(options: { readonly level: string; readonly levelGiven: boolean; readonly debug: boolean }): {
  readonly log: ExecutorConfig['log'];
  readonly warnings: readonly string[];
} {
  const known = LEVELS[options.level.toUpperCase()];
  const warnings = known === undefined ? [`log level '${options.level}' is not known and taken for INFO`] : [];
  const level = options.debug && !options.levelGiven ? 'debug' : (known ?? 'info');
  return { log: { level, format: options.debug ? 'people' : 'json' }, warnings };
}
