/** What is in the log of a partition: records from `first` on, the next one at `end`. */
export interface LogRange {
  readonly first: number;
  readonly end: number;
}

/**
 * - `kept`: the position is in the log (again);
 * - `deleted`: what lay between the position and `to` has been deleted. What was read before that stays good;
 * - `cut`: the log ends before the position. What has been read of it is no longer there.
 */
export type OutOfRange = { readonly is: 'kept' | 'deleted' | 'cut'; readonly to: number };

/**
 * Where reading goes on when a broker says that the position is not in the log. Below its begin there is one place where nothing that is
 * still there gets lost: the begin, whatever `reset` says. Beyond its end nobody knows which of the records are new, so `reset` decides.
 *
 * @param reset KAFKA_OFFSET_RESET
 */
export function placeOutOfRange(position: number, log: LogRange, reset: 'earliest' | 'latest'): OutOfRange {
  if (position < log.first) return { is: 'deleted', to: log.first };
  if (position > log.end) return { is: 'cut', to: reset === 'latest' ? log.end : log.first };
  return { is: 'kept', to: position };
}
