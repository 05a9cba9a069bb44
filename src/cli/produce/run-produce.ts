import { constants } from 'node:os';
import { MillraceError } from '../../base/errors.ts';
import { StopRequest, type StopSignal } from '../../executor/stop-signal.ts';
import { readDeclaredOptions } from '../declared-options.ts';
import { explainKafkaError } from '../kafka/kafka-failure.ts';
import { KafkaSession } from '../kafka/kafka-session.ts';
import { note, print } from '../print.ts';
import { createProgress, type Progress } from '../progress.ts';
import { parseHeaders, protoNameHeader } from './header-options.ts';
import { howToGoOn, summary } from './load-summary.ts';
import { loadPlan, type LoadPlan } from './load-plan.ts';
import { loadRecords } from './load-records.ts';
import { produceOptions } from './produce-options.ts';
import { RecordSender, type SendTarget } from './record-sender.ts';
import { parseCreateTopic, targetTopic } from './target-topic.ts';

/** What commander gives that is not in `produceOptions`. */
export interface ProduceFlags extends Readonly<Record<string, unknown>> {
  readonly topic: string;
  readonly header?: readonly string[];
  readonly createTopic?: string | true;
  readonly check: boolean;
}

const TOLD_REFUSALS = 10;

/**
 * Sends files to a topic and says what became of the records. Sets the exit code: 0 only when every record was acknowledged.
 *
 * @throws MillraceError
 */
export async function runProduce(paths: readonly string[], flags: ProduceFlags): Promise<void> {
  const { topic } = flags;
  const values = readDeclaredOptions(produceOptions, flags);
  const create = parseCreateTopic(flags.createTopic);
  const headers = parseHeaders(flags.header ?? []);
  const plan = await loadPlan(paths, values, flags.check);
  if (values.protoName !== '') headers.push(protoNameHeader(values.protoName));

  const progress = createProgress();
  const say = (line: string) => {
    progress.stop();
    note(line);
  };
  const request = new StopRequest();
  const session = new KafkaSession(values, values.timeoutMs, say);
  try {
    const { partitions } = await targetTopic(session, topic, create, say, request.signal);
    if (values.partition >= partitions.length) throw noPartition(topic, values.partition, partitions.length);
    if (paths.includes('-') && process.stdin.isTTY) say('reading requests from the terminal; Ctrl-D ends them');
    const partition = values.partition < 0 ? undefined : values.partition;
    const target = { topic, partitions: partitions.length, partition, partitioner: values.partitioner, headers };
    await send(session, target, plan, request.signal, progress);
  } catch (error) {
    if (!request.signal.aborted) throw error;
  } finally {
    progress.stop();
    await session.close();
    request.end();
  }
  if (request.signal.aborted) process.exitCode = 128 + constants.signals[request.signal.reason as StopSignal];
}

async function send(
  session: KafkaSession,
  target: SendTarget,
  plan: LoadPlan,
  stop: AbortSignal,
  progress: Progress,
): Promise<void> {
  const begunMs = performance.now();
  const sender = new RecordSender(session, target, (place, error) => {
    progress.stop();
    if (sender.refused <= TOLD_REFUSALS) note(`${place}: ${error.message}`);
    const explained = explainKafkaError(error, target.topic);
    if (sender.refused === 1 && explained instanceof MillraceError && explained.remedy) note(`  ${explained.remedy}`);
  });
  let failure: Error | undefined;
  try {
    await loadRecords(plan, sender, progress, AbortSignal.any([stop, sender.failed]));
  } catch (error) {
    failure = explainKafkaError(error, target.topic);
  }
  await sender.settle(stop);
  sender.close();
  progress.stop();
  failure ??= sender.failure;
  print(summary(sender, performance.now() - begunMs));
  const unfinished = failure !== undefined || stop.aborted;
  if (unfinished) for (const line of howToGoOn(sender, plan)) note(line);
  if (sender.acknowledged < sender.sent) process.exitCode = 1;
  if (failure !== undefined) throw failure;
}

function noPartition(topic: string, partition: number, count: number): MillraceError {
  return new MillraceError(`topic '${topic}' has no partition ${partition}`, {
    code: 'PARTITION_MISSING',
    remedy: count === 1 ? 'it has partition 0 only' : `it has the partitions 0 to ${count - 1}`,
  });
}
