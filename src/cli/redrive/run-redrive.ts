import { constants } from 'node:os';
import { MillraceError } from '../../base/errors.ts';
import { StopRequest, type StopSignal } from '../../executor/stop-signal.ts';
import { rateText, secondsText } from '../amounts.ts';
import { readDeclaredOptions } from '../declared-options.ts';
import { KafkaSession } from '../kafka/kafka-session.ts';
import { note, print } from '../print.ts';
import { createProgress, type Progress } from '../progress.ts';
import { deploymentTopics } from './deployment-topics.ts';
import { DryRunReport } from './report/dry-run-report.ts';
import { parseFilter, type FilterFlags } from './selection/filter-options.ts';
import { RecordJudge } from './record-judge.ts';
import type { RecordFilter } from './selection/record-filter.ts';
import { redriveFailure } from './report/redrive-failure.ts';
import { redriveOptions, type RedriveOptions } from './redrive-options.ts';
import { redrivePlan } from './redrive-plan.ts';
import { RedriveSink } from './redrive-sink.ts';
import { Redriver } from './redriver.ts';
import { wrongOption } from '../wrong-option.ts';

/** What commander gives that is not in `redriveOptions`. */
export type RedriveFlags = Readonly<Record<string, unknown>> & Pick<FilterFlags, 'code' | 'node' | 'status' | 'key'>;

/** What a run is about. */
interface Order {
  readonly values: RedriveOptions;
  readonly topic: string;
  readonly group: string;
  readonly filter: RecordFilter;
}

const TOLD_RECORDS = 10;
const TELL_AFTER_MS = 1_000;

/**
 * Copies error records back to where they came from and says what became of them. Sets the exit code: 0 only when every record
 * that was meant has been sent.
 *
 * @throws MillraceError
 */
export async function runRedrive(flags: RedriveFlags): Promise<void> {
  const order = readOrder(flags);
  const { values } = order;
  const progress = createProgress();
  const say = (line: string) => {
    progress.stop();
    note(line);
  };
  const request = new StopRequest();
  let patience: NodeJS.Timeout | undefined;
  request.signal.addEventListener('abort', () => {
    patience = setTimeout(
      () => say('waiting for the end of the transaction; Ctrl-C again is safe, too'),
      TELL_AFTER_MS,
    );
  });
  const session = new KafkaSession(values, values.timeoutMs, say);
  try {
    await redrive(session, order, progress, say, request.signal);
  } catch (error) {
    // What was being looked up when the stop came is of no interest any more.
    const isClosed = error instanceof MillraceError && error.code === 'KAFKA_CLOSED';
    if (!request.signal.aborted || !isClosed) throw error;
  } finally {
    clearTimeout(patience);
    progress.stop();
    await session.close();
    request.end();
  }
  if (request.signal.aborted) process.exitCode = 128 + constants.signals[request.signal.reason as StopSignal];
}

function readOrder(flags: RedriveFlags): Order {
  const own = readDeclaredOptions(redriveOptions, flags);
  if ((own.fromTopic === '') === (own.deployment === '')) {
    throw wrongOption(
      'one of --from-topic and --deployment is needed',
      'name the error topic, or the file of the deployment',
    );
  }
  if (own.deployment === '') {
    if (own.predictor !== '' || own.secrets !== '') {
      throw wrongOption('--predictor and --secrets go with --deployment', 'leave them out');
    }
    return orderOf(own, own.fromTopic, undefined, flags);
  }
  const { errorTopic, inputTopic, env } = deploymentTopics(own.deployment, own.predictor, own.secrets, process.env);
  return orderOf(readDeclaredOptions(redriveOptions, flags, env), errorTopic, inputTopic, flags);
}

function orderOf(values: RedriveOptions, topic: string, source: string | undefined, flags: RedriveFlags): Order {
  const { since, until } = values;
  const { code = [], node = [], status = [], key = [] } = flags;
  const filter = parseFilter({ code, node, status, key, since, until, source }, Date.now());
  return { values, topic, group: values.group || `millrace-redrive.${topic}`, filter };
}

async function redrive(
  session: KafkaSession,
  { values, topic, group, filter }: Order,
  progress: Progress,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<void> {
  const { dryRun, toTopic, max, rate } = values;
  const begunMs = performance.now();
  const report = new DryRunReport();
  const sink = new RedriveSink(session, group, topic);
  let told = 0;
  let driver: Redriver | undefined;
  let failure: Error | undefined;
  try {
    // Looked up before the group is touched: a wrong name must not end another run.
    await redrivePlan(session, topic, group, filter, false, stop);
    if (!dryRun) await sink.open();
    const plan = await redrivePlan(session, topic, group, filter, !dryRun, stop);
    if (plan.isFirst) say(`group '${group}' remembers no redrive: the whole topic is looked at`);
    driver = new Redriver(
      session,
      {
        plan,
        judge: new RecordJudge(session, plan, toTopic, stop),
        write: async (batch, changed) => (dryRun ? [] : sink.write(batch, changed)),
        written: (entries) => report.take(entries),
        max: max === 0 ? Infinity : max,
        rate: dryRun ? 0 : rate,
        cannot: ({ partition, offset }, why) => {
          if (++told <= TOLD_RECORDS) say(`${partition}/${offset}: ${why}`);
        },
        say,
      },
      progress,
      stop,
    );
    await driver.run();
  } catch (error) {
    failure = redriveFailure(error, topic, group, driver?.pending ?? 0);
  }
  progress.stop();
  if (driver !== undefined) {
    const { tally } = driver;
    const durationMs = performance.now() - begunMs;
    if (dryRun) {
      for (const line of report.lines(tally)) print(line);
      print(`dry run: ${tally.text('would be redriven')}`);
    } else {
      print(`${tally.text('redriven')}, in ${secondsText(durationMs)} (${rateText(tally.redriven, durationMs)})`);
    }
    if (tally.cannot > 0) process.exitCode = 1;
    if (stop.aborted && failure === undefined && !dryRun) note('stopped; the same command goes on from here');
  }
  if (failure !== undefined) throw failure;
}
