import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from '../base/cache-folder.ts';
import { endWhileStarting } from '../executor/stop-signal.ts';

const [command = '', ...given] = process.argv.slice(2);
// A signal waits while standard input is read, which a person may never end.
const readsInput = given.includes('-');
if (['run', 'executor'].includes(command) && !readsInput) endWhileStarting();
// What a start compiles is kept for the next one, which takes half the CPU for it. Where nothing can be written, nothing is kept.
enableCompileCache(join(cacheFolder(process.env), 'compiled'));
// All that is imported at the top of a file is loaded before its first line runs: here that is next to nothing.
await import('./command-line.ts');
