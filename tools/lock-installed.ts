// Does node_modules hold what package-lock.json asks for? Exit code 0 or 1. npm writes what it installed to a lock file of its own.
import { readFileSync } from 'node:fs';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

function packagesOf(path: string): Readonly<Record<string, Locked>> {
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly packages: Readonly<Record<string, Locked>> }).packages;
}

/** An optional package that is built for some machines only may be missing. */
function mayBeMissing({ optional, os, cpu, libc }: Locked): boolean {
  return optional === true && (os !== undefined || cpu !== undefined || libc !== undefined);
}

function isInstalled(): boolean {
  const wanted = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return mayBeMissing(entry);
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

try {
  process.exitCode = isInstalled() ? 0 : 1;
} catch {
  // No lock file of npm's: whatever is there, it is not known to be right.
  process.exitCode = 1;
}
