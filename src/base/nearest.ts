/** The known word that a misspelt one was probably meant to be: at most about a third of it differs. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.ceil(word.length / 3) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** A remedy for a word out of a closed list. */
export function useOneOf(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === undefined ? `use one of ${known.join(', ')}` : `did you mean ${meant}? (one of ${known.join(', ')})`;
}

/** Edits (insert, delete, replace) between two words: Levenshtein's distance of their first 100 characters. */
export function editDistance(left: string, right: string): number {
  // Row by row; words are short, and a long one is like none of them.
  const a = left.slice(0, 100);
  const b = right.slice(0, 100);
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
