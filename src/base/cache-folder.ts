import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Where Millrace keeps what it can make or download again: MILLRACE_CACHE, else XDG_CACHE_HOME/millrace, else
 * ~/.cache/millrace. A user without a home has it in the folder for temporary files.
 */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  if (env['MILLRACE_CACHE']) return env['MILLRACE_CACHE'];
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || home(), '.cache'), 'millrace');
}

// Containers run under users that no list of users knows.
function home(): string {
  try {
    return homedir();
  } catch {
    return tmpdir();
  }
}
