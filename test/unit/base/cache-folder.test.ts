import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cacheFolder } from '../../../src/base/cache-folder.ts';

test('the cache is outside the repository and can be moved', () => {
  assert.equal(cacheFolder({ MILLRACE_CACHE: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }), '/c');
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/x', HOME: '/h' }), '/x/millrace');
  assert.equal(cacheFolder({ HOME: '/h' }), '/h/.cache/millrace');
});

test('what a start compiles is there for the next one; nothing is kept where nothing can be written', (t) => {
  const cache = mkdtempSync(join(tmpdir(), 'millrace-unit-'));
  t.after(() => rmSync(cache, { recursive: true, force: true }));
  const version = (folder: string) => {
    const { NODE_COMPILE_CACHE: _, ...env } = process.env;
    const argv = ['--disable-warning=ExperimentalWarning', 'src/cli/main.ts', '--version'];
    return execFileSync(process.execPath, argv, { env: { ...env, MILLRACE_CACHE: folder }, encoding: 'utf8' });
  };
  assert.match(version(cache), /^\d+\.\d+\.\d+\n$/);
  assert.deepEqual(readdirSync(cache), ['compiled']);
  assert.equal(readdirSync(join(cache, 'compiled')).length, 1);
  assert.match(version(join(devNull, 'nowhere')), /^\d+\.\d+\.\d+\n$/);
});
