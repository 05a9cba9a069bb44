import { headerOf, placeOf, type WitnessedRecord } from './evidence.ts';

export type Order = 'key' | 'unordered' | 'partition';

/**
 * Results that were overtaken: before the first result of a request stands one of a later request of the same line. A line is a
 * key of an input partition (`key`) or the whole input partition (`partition`), as far as its results are in one output
 * partition. Repeated results have no order: they are a rerun of what has been there before, each in its turn.
 *
 * @param results by output partition and offset
 */
export function overtaken(results: readonly WitnessedRecord[], order: Order): string[] {
  if (order === 'unordered') return [];
  const seen = new Set<string>();
  const latest = new Map<string, { readonly offset: number; readonly place: string }>();
  const wrong: string[] = [];
  for (const record of [...results].sort((a, b) => a.partition - b.partition || a.offset - b.offset)) {
    const source = headerOf(record, 'millrace-source');
    if (source === undefined || seen.has(source)) continue;
    seen.add(source);
    // A record without a key is in no line with others.
    if (order === 'key' && record.key === null) continue;
    const [partition, offset] = source.split('/').slice(-2).map(Number) as [number, number];
    const line = `${record.partition} ${partition} ${order === 'key' ? record.key?.toString('base64') : ''}`;
    const before = latest.get(line);
    if (before !== undefined && offset < before.offset) {
      wrong.push(`${placeOf(record)}: result of ${partition}/${offset} after that of ${before.place}`);
    } else latest.set(line, { offset, place: `${partition}/${offset}` });
  }
  return wrong;
}
