import { posix } from 'node:path';
import { lineAt } from '../scan.ts';
import type { Tree, Violation } from '../source-tree.ts';

const LINK = /\]\(<?([^()\s<>]+)>?(?:\s+"[^"]*")?\)|(?:src|href)="([^"]+)"|^\[[^\]]+\]:\s*(\S+)/gm;
const ELSEWHERE = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i;

/** Links of the Markdown pages that lead nowhere: to a file that `exists` does not know, or to a heading that its page does not have. */
export function deadLinks(tree: Tree, exists: (path: string) => boolean): Violation[] {
  const violations: Violation[] = [];
  for (const [path, text] of tree) {
    if (!path.endsWith('.md')) continue;
    const prose = withoutCode(text);
    for (const match of prose.matchAll(LINK)) {
      const link = match[1] ?? match[2] ?? match[3] ?? '';
      if (ELSEWHERE.test(link)) continue;
      const [file = '', heading] = link.split('#', 2);
      const target = file === '' ? path : posix.join(posix.dirname(path), decodeURIComponent(file));
      const line = lineAt(prose, match.index);
      if (target.startsWith('../') || !exists(target.replace(/\/$/, ''))) {
        violations.push({ path, line, message: `the link '${link}' leads to no file` });
      } else if (heading && target.endsWith('.md') && !headings(tree.get(target) ?? '').has(heading)) {
        violations.push({ path, line, message: `the link '${link}' leads to no heading of ${target}` });
      }
    }
  }
  return violations;
}

/** Code blanked, line breaks kept: what looks like a link in a listing is none. */
function withoutCode(text: string): string {
  return text
    .replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^ *\2`* *$/gm, (block) => block.replace(/[^\n]/g, ' '))
    .replace(/(`+)(?!`)(?:(?!\n\n)[\s\S])*?[^`]\1(?!`)/g, (code) => code.replace(/[^\n]/g, ' '));
}

/** The anchors that GitHub makes of a page's headings. */
function headings(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, title = ''] of text.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const anchor = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-');
    let name = anchor;
    for (let again = 1; anchors.has(name); again++) name = `${anchor}-${again}`;
    anchors.add(name);
  }
  return anchors;
}
