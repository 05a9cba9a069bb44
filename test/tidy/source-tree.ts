import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importsOf, type Import } from './imports.ts';
import { scan, type Scanned } from './scan.ts';

/** Files of the project: path from its root, with forward slashes, to text. */
export type Tree = ReadonlyMap<string, string>;

/** Something that breaks a rule of the house. */
export interface Violation {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

/** A TypeScript file, taken apart. */
export interface Source extends Scanned {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

// In a second work tree of Git's, `.git` is a file that names a folder of the machine.
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.cache', '__pycache__', '.venv']);
const BINARY = /\.(?:png|jpg|gif|ico|woff2?|onnx|npy|tgz|jar|pb|bin|gz)$/;

/** Reads every text file of the project. */
export function readTree(root: string, folder = ''): Map<string, string> {
  const tree = new Map<string, string>();
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      for (const [name, text] of readTree(root, path)) tree.set(name, text);
    } else if (entry.isFile() && !BINARY.test(path)) {
      tree.set(path, readFileSync(join(root, path), 'utf8'));
    }
  }
  return tree;
}

/** Written by a program: its length, names and comments are not ours. */
export function isGenerated(path: string): boolean {
  return path.includes('/gen/');
}

/** The TypeScript files of a tree under any of these folders. */
export function sourcesIn(tree: Tree, ...folders: readonly string[]): Source[] {
  const sources: Source[] = [];
  for (const [path, text] of tree) {
    if (!path.endsWith('.ts') || !folders.some((folder) => path.startsWith(`${folder}/`))) continue;
    const scanned = scan(text);
    sources.push({ path, text, ...scanned, imports: importsOf(path, scanned) });
  }
  return sources.sort((a, b) => (a.path < b.path ? -1 : 1));
}
