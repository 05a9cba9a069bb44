import { nearest } from '../../../base/nearest.ts';
import { kafkaVariables } from '../kafka-config.ts';

/** What to tell of KAFKA_* variables that were set on purpose and that nothing reads: a slip of the pen would go unnoticed. */
export function unreadVariables(names: Iterable<string>): string[] {
  const unread = [...new Set(names)].filter((name) => name.startsWith('KAFKA_') && !kafkaVariables.has(name));
  return unread.map((name) => {
    const meant = nearest(name, kafkaVariables);
    return `nothing reads ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  });
}
