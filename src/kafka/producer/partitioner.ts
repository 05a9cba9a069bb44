import { crc32 } from 'node:zlib';

/** How a record's partition follows from its key: Java's client, librdkafka's, or the partition its request came from. */
export type PartitionerName = 'murmur2' | 'crc32' | 'input';

/**
 * Java's 32-bit murmur2 (seed 0x9747b28c) of Kafka's default partitioner, as a signed integer.
 */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  const length = data.length;
  let h = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = at(data, i) | (at(data, i + 1) << 8) | (at(data, i + 2) << 16) | (at(data, i + 3) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = length - whole;
  if (rest === 3) h ^= at(data, whole + 2) << 16;
  if (rest >= 2) h ^= at(data, whole + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ at(data, whole), m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}

function at(data: Uint8Array, index: number): number {
  return data[index] ?? 0;
}

/** Chooses partitions for the records of one topic. */
export class Partitioner {
  readonly #name: PartitionerName;
  #turn = 0;

  constructor(name: PartitionerName) {
    this.#name = name;
  }

  /**
   * @param count partitions of the topic written to
   * @param inputPartition where the request came from
   */
  pick(key: Buffer | null, count: number, inputPartition: number): number {
    switch (this.#name) {
      case 'input':
        return inputPartition % count;
      case 'murmur2':
        // Java spreads records without a key; an empty key is a key.
        return key === null ? this.#next(count) : (murmur2(key) & 0x7fffffff) % count;
      case 'crc32':
        // librdkafka's consistent_random spreads empty keys too.
        return key === null || key.length === 0 ? this.#next(count) : (crc32(key) >>> 0) % count;
    }
  }

  #next(count: number): number {
    this.#turn = (this.#turn + 1) & 0x7fffffff;
    return this.#turn % count;
  }
}
