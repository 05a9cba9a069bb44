import { constants } from 'node:os';
import { StopRequest, type StopSignal } from '../../executor/stop-signal.ts';
import { plural, secondsText, sizeText } from '../amounts.ts';
import { readDeclaredOptions } from '../declared-options.ts';
import { explainKafkaError } from '../kafka/kafka-failure.ts';
import { KafkaSession } from '../kafka/kafka-session.ts';
import { note } from '../print.ts';
import { createProgress, noProgress } from '../progress.ts';
import { chooseFormat } from './choose-format.ts';
import { consumeOptions } from './consume-options.ts';
import { readRanges } from './read-ranges.ts';
import { readRecords, type ReadResult } from './read-records.ts';
import { RecordOutput } from './record-output.ts';
import { parseStartOffset } from './start-offset.ts';
import { wrongOption } from '../wrong-option.ts';

/** What commander gives that is not in `consumeOptions`. */
export interface ConsumeFlags extends Readonly<Record<string, unknown>> {
  readonly topic: string;
  readonly partition?: readonly string[];
}

/**
 * Prints the records of a topic, and on standard error how many there were. Commits nothing.
 *
 * @throws MillraceError
 */
export async function runConsume(flags: ConsumeFlags): Promise<void> {
  const { topic } = flags;
  const values = readDeclaredOptions(consumeOptions, flags);
  const from = parseStartOffset(values.from);
  const partitions = parsePartitions(flags.partition ?? []);
  const format = chooseFormat(values, values.output === '' && process.stdout.isTTY);
  const { follow } = values;
  if (from.kind === 'latest' && !follow)
    throw wrongOption('--from latest finds nothing without --follow', 'add --follow');
  if (values.idleMs > 0 && !follow) throw wrongOption('--idle goes with --follow', 'add it, or leave --idle out');

  const progress = values.output === '' ? noProgress : createProgress();
  const say = (line: string) => {
    progress.stop();
    note(line);
  };
  const request = new StopRequest();
  const session = new KafkaSession(values, values.timeoutMs, say);
  const max = values.max === 0 ? Infinity : values.max;
  const idleMs = values.idleMs === 0 ? Infinity : values.idleMs;
  const begunMs = performance.now();
  let result: ReadResult = { records: 0, sizeBytes: 0, ending: 'stopped' };
  try {
    const ranges = await readRanges(session, { topic, partitions, from, follow }, say, request.signal);
    const output = await RecordOutput.open(values.output);
    result = await readRecords(session, { topic, ranges, format, output, max, idleMs }, progress, say, request.signal);
    await output.close();
  } catch (error) {
    if (!request.signal.aborted) throw explainKafkaError(error, topic);
  } finally {
    progress.stop();
    await session.close();
    request.end();
  }
  const { records, sizeBytes, ending } = result;
  note(`${plural(records, 'record')}, ${sizeText(sizeBytes)}, in ${secondsText(performance.now() - begunMs)}`);
  for (const remark of format.remarks()) note(remark);
  if (ending === 'idle' && max !== Infinity) process.exitCode = 1;
  // Ctrl-C is how following ends; before the end of a topic it is an interruption.
  if (ending === 'stopped' && !follow) {
    process.exitCode = 128 + constants.signals[request.signal.reason as StopSignal];
  }
}

function parsePartitions(texts: readonly string[]): number[] {
  const numbers = texts.flatMap((text) => text.split(',')).map((text) => (/^\d{1,9}$/.test(text) ? Number(text) : -1));
  if (numbers.includes(-1))
    throw wrongOption(`--partition '${texts.join(' ')}' is no list of partitions`, 'write it like 0,3');
  return [...new Set(numbers)];
}
