import { endWhileStarting } from '../executor/stop-signal.ts';

const [command = '', ...given] = process.argv.slice(2);
// A signal waits while standard input is read, which a person may never end.
const readsInput = given.includes('-');
if (['run', 'executor'].includes(command) && !readsInput) endWhileStarting();
// All that is imported at the top of a file is loaded before its first line runs: here that is next to nothing.
await import('./command-line.ts');
