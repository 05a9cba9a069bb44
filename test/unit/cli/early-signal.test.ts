// SIGTERM at any moment of the start: whatever is being loaded then, the program ends in peace.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { StopRequest, endWhileStarting } from '../../../src/executor/stop-signal.ts';

/** Run before the program: the process asks itself to end when a module is about to be loaded. */
const asking = (signal: string, moduleName: string) =>
  `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    let asked = false;
    registerHooks({
      resolve(specifier, context, next) {
        if (!asked && specifier.endsWith(${JSON.stringify(moduleName)})) {
          asked = true;
          process.kill(process.pid, ${JSON.stringify(signal)});
        }
        return next(specifier, context);
      },
    });
  `)}`;

/** How the program ends: its exit code and the signal that ended it. */
async function askedAt(moduleName: string, args: readonly string[], signal = 'SIGTERM') {
  const argv = ['--import', asking(signal, moduleName), 'src/cli/main.ts', ...args];
  const child = spawn(process.execPath, argv, { stdio: 'ignore', timeout: 240_000, killSignal: 'SIGKILL' });
  return (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
}

const RUN = ['run', 'examples/cifar10/deployment.yaml', '--endpoint', 'resnet32=127.0.0.1:1', '--http-port', '0'];

test('run and executor, whatever they are loading: exit code 0', async () => {
  assert.deepEqual(await askedAt('command-line.ts', RUN), [0, null]);
  assert.deepEqual(await askedAt('commander', RUN, 'SIGINT'), [0, null]);
  assert.deepEqual(await askedAt('executor/executor.ts', RUN), [0, null]);
  assert.deepEqual(await askedAt('executor/config/config.ts', ['executor', '--help']), [0, null]);
});

test('other commands, and a document from standard input, leave signals as they are', async () => {
  assert.deepEqual(await askedAt('commander', ['validate', 'x.yaml']), [null, 'SIGTERM']);
  assert.deepEqual(await askedAt('commander', ['run', '-']), [null, 'SIGTERM']);
});

test('when the executor listens itself, it alone does', () => {
  const before = process.listenerCount('SIGTERM');
  endWhileStarting();
  assert.equal(process.listenerCount('SIGTERM'), before + 1);
  const stop = new StopRequest();
  assert.equal(process.listenerCount('SIGTERM'), before + 1);
  process.emit('SIGTERM');
  assert.equal(stop.signal.reason, 'SIGTERM');
  stop.end();
  assert.equal(process.listenerCount('SIGTERM'), before);
});
