import { MillraceError } from '../../base/errors.ts';
import type { CommittedOffset } from '../../kafka/transaction/committed-offsets.ts';
import type { ErrorRecord } from './selection/error-record.ts';
import { RecordFilter, type FilterParts } from './selection/record-filter.ts';

interface FilteredPart {
  readonly filter: RecordFilter;
  /** Below this offset every record that the filter means has been dealt with. */
  readonly upTo: number;
}

// The broker's default of offset.metadata.max.bytes, which counts characters.
const METADATA_CHARACTERS = 4096;

/**
 * What was redriven of one partition of an error topic, by all runs with this group: everything below `base`, and above it what
 * the filters of earlier runs meant. It is kept in the group as one committed offset and its metadata, so that no run sends
 * what another one has sent, whatever their filters. Immutable.
 */
export class PartitionProgress {
  /** Everything below has been dealt with. */
  readonly base: number;
  readonly #parts: readonly FilteredPart[];

  private constructor(base: number, parts: readonly FilteredPart[]) {
    this.base = base;
    // What lies below the base says nothing more.
    this.#parts = parts.filter(({ upTo }) => upTo > base);
  }

  /**
   * @param first offset of the first record that is still there
   * @throws MillraceError REDRIVE_GROUP when something else has committed for the group
   */
  static read(committed: CommittedOffset | undefined, first: number): PartitionProgress {
    if (committed === undefined) return new PartitionProgress(first, []);
    return new PartitionProgress(Math.max(first, committed.offset), parseParts(committed.metadata));
  }

  /** The last offset that any run has come to. */
  get furthest(): number {
    return Math.max(this.base, ...this.#parts.map(({ upTo }) => upTo));
  }

  /** Where a run with this filter goes on. */
  startOf(filter: RecordFilter): number {
    return this.#parts.find((part) => part.filter.text === filter.text)?.upTo ?? this.base;
  }

  /** Whether an earlier run has dealt with the record at this offset. */
  isDone(offset: number, error: ErrorRecord): boolean {
    return offset < this.base || this.#parts.some(({ filter, upTo }) => offset < upTo && filter.matches(error));
  }

  /** After a run with this filter has dealt with everything below `upTo`. */
  advanced(filter: RecordFilter, upTo: number): PartitionProgress {
    if (filter.text === '') return new PartitionProgress(Math.max(this.base, upTo), this.#parts);
    const others = this.#parts.filter((part) => part.filter.text !== filter.text);
    return new PartitionProgress(this.base, [...others, { filter, upTo: Math.max(upTo, this.startOf(filter)) }]);
  }

  /**
   * What the group has to keep.
   *
   * @throws MillraceError REDRIVE_FILTERS when there are more filters than the broker takes
   */
  toCommit(): { readonly offset: number; readonly metadata: string } {
    if (this.#parts.length === 0) return { offset: this.base, metadata: '' };
    const metadata = JSON.stringify({ redriven: this.#parts.map(({ filter, upTo }) => [filter.parts, upTo]) });
    if (metadata.length <= METADATA_CHARACTERS) return { offset: this.base, metadata };
    throw new MillraceError(`${this.#parts.length} different filters are more than the consumer group can remember`, {
      code: 'REDRIVE_FILTERS',
      remedy: 'redrive the rest without filters, or begin again with another --group',
    });
  }
}

function parseParts(metadata: string): FilteredPart[] {
  if (metadata === '') return [];
  try {
    const { redriven } = JSON.parse(metadata) as { readonly redriven: readonly (readonly [FilterParts, number])[] };
    return redriven.map(([parts, upTo]) => ({ filter: new RecordFilter(parts), upTo }));
  } catch (cause) {
    throw new MillraceError('the consumer group holds offsets that no redrive has committed', {
      code: 'REDRIVE_GROUP',
      remedy: 'name a group of its own with --group',
      cause,
    });
  }
}
