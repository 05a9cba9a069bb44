// Writes the pages that come from the code: `node tools/generate.ts`. A test fails when one of them is stale.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { metricsPage } from './metrics-page.ts';
import { optionsPage } from './options-page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const pages: Readonly<Record<string, () => string>> = {
  'docs/reference/options.md': optionsPage,
  'docs/reference/metrics.md': metricsPage,
};

/** Every generated file by its path in the repository, formatted as Prettier would have it. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const [path, render] of Object.entries(pages)) {
    const config = await resolveConfig(`${root}${path}`);
    files.set(path, await format(render(), { ...config, filepath: path }));
  }
  return files;
}

if (import.meta.main) {
  for (const [path, text] of await generatedFiles()) {
    mkdirSync(dirname(`${root}${path}`), { recursive: true });
    writeFileSync(`${root}${path}`, text);
    console.log(path);
  }
}
