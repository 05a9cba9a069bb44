import { sleep, systemClock } from '../../base/clock.ts';
import { MillraceError } from '../../base/errors.ts';
import { countText, rateText } from '../amounts.ts';
import type { Progress } from '../progress.ts';
import { readFrames } from '../records/frames.ts';
import type { FileRecord } from '../records/file-record.ts';
import type { InputFile } from '../records/input-file.ts';
import { readLines } from '../records/lines.ts';
import type { LoadPlan } from './load-plan.ts';
import { Pace } from './pace.ts';
import type { RecordSender } from './record-sender.ts';

/**
 * Sends the records of files, as fast as Kafka and the plan allow, until they are through or `stop` is aborted. What was sent
 * may not be acknowledged yet when this returns or throws.
 *
 * @throws MillraceError when a file cannot be read or holds what cannot be sent; the records before it have been sent
 */
export async function loadRecords(
  plan: LoadPlan,
  sender: RecordSender,
  progress: Progress,
  stop: AbortSignal,
): Promise<void> {
  const pace = new Pace(plan.rate, systemClock);
  const begunMs = performance.now();
  const wholeBytes = plan.files.reduce((sum, file) => sum + (file.sizeBytes ?? NaN), 0) * plan.repeat;
  const show = () => {
    const readBytes = plan.files.reduce((sum, file) => sum + file.readBytes, 0);
    const byCount = plan.count === Infinity ? NaN : sender.acknowledged / plan.count;
    const byBytes = Number.isFinite(wholeBytes) ? readBytes / wholeBytes : NaN;
    const fraction = Number.isNaN(byCount) ? byBytes : Number.isNaN(byBytes) ? byCount : Math.max(byCount, byBytes);
    const rate = rateText(sender.acknowledged, performance.now() - begunMs);
    progress.update(fraction, `${countText(sender.acknowledged)} records  ${rate}`);
  };
  const ticker = setInterval(show, SHOW_EVERY_MS);
  let left = plan.skip;
  try {
    for await (const { file, records } of recordsOf(plan, stop)) {
      for (const record of records) {
        if (left > 0) {
          left--;
          continue;
        }
        const waitMs = pace.next();
        if (waitMs > 0) await sleep(waitMs, stop);
        if (sender.full) await sender.room(stop);
        if (stop.aborted) return;
        const place = () => placeOf(plan, file, record);
        const parts = plan.split(record.bytes);
        if ('problem' in parts) {
          throw new MillraceError(`${place()}: ${parts.problem}`, { code: 'RECORD_BAD', remedy: parts.remedy });
        }
        sender.send(parts, place);
        if (sender.sent >= plan.count) return;
      }
    }
  } finally {
    clearInterval(ticker);
  }
}

const SHOW_EVERY_MS = 100;

async function* recordsOf(
  { files, format, repeat }: LoadPlan,
  stop: AbortSignal,
): AsyncGenerator<{ readonly file: InputFile; readonly records: readonly FileRecord[] }> {
  const read = format === 'json' ? readLines : readFrames;
  for (let round = 0, found = 0; round < repeat && !stop.aborted; round++) {
    for (const file of files) {
      for await (const records of read(file.name, file.chunks(stop))) {
        found += records.length;
        yield { file, records };
      }
    }
    // Files without a record would be read for ever.
    if (found === 0) return;
  }
}

function placeOf({ format }: LoadPlan, file: InputFile, record: FileRecord): string {
  return `${file.name}, ${format === 'json' ? 'line' : 'frame'} ${record.number}`;
}
