// Compiles src/ to dist/ as plain JavaScript: Node strips types only outside node_modules, so a package must ship none.
import { cpSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
rmSync('dist', { recursive: true, force: true });
const result = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (result.error) throw result.error;
if (result.status !== 0) process.exit(result.status ?? 1);
// What the program reads at run time lies beside its code.
cpSync('src', 'dist', { recursive: true, filter: (path) => !path.endsWith('.ts') });
