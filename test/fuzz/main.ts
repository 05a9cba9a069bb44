// `npm run fuzz`: mutated records through everything; docs/fuzz-and-soak.md.
import { note, print, printError } from '../../src/cli/print.ts';
import { createProgress } from '../../src/cli/progress.ts';
import { startEmbeddedKafka } from '../../src/dev/kafka/embedded-kafka.ts';
import { nameOf } from './combination.ts';
import { readFuzzOptions, type FuzzOptions } from './fuzz-options.ts';
import { plansOf } from './run/fuzz-plans.ts';
import { fuzzStream } from './run/fuzz-stream.ts';
import { faultsOf, lineOf } from './run/report.ts';
import { readSavedRecord, saveRecords } from './run/saved-records.ts';

const MAX_SHOWN = 20;

// What was started ends with this process.
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
try {
  process.exitCode = await run(readFuzzOptions(process.argv.slice(2)));
} catch (error) {
  printError(error);
  process.exitCode = 1;
}

async function run(options: FuzzOptions): Promise<number> {
  const { combinations, save, replay } = options;
  const plans = replay === undefined ? combinations.flatMap((one) => plansOf(one, options)) : [readSavedRecord(replay)];
  const given = process.env['MILLRACE_TEST_KAFKA'];
  const kafka = given ? undefined : await startEmbeddedKafka({ progress: note });
  const progress = createProgress();
  const total = plans.reduce((sum, plan) => sum + plan.records, 0);
  let records = 0;
  let faulty = 0;
  try {
    note(`seed ${plans[0]?.seed}`);
    for (const plan of plans) {
      const result = await fuzzStream(given ?? kafka?.bootstrap ?? '', plan, (done) =>
        progress.update(
          (records + done) / total,
          `${nameOf(plan.combination)}, ${plan.graph}, ${plan.models}: ${done} records`,
        ),
      );
      progress.stop();
      const faults = faultsOf(result);
      records += result.records;
      faulty += faults.length;
      print(lineOf(result));
      for (const fault of faults.slice(0, MAX_SHOWN)) print(`  WRONG: ${fault}`);
      for (const path of saveRecords(save, plan, result.findings).slice(0, MAX_SHOWN)) {
        print(`  npm run fuzz -- --replay ${path}`);
      }
    }
  } finally {
    progress.stop();
    await kafka?.stop();
  }
  print(`${records} records: ${faulty === 0 ? 'nothing is wrong' : `${faulty} things are wrong`}.`);
  return faulty === 0 ? 0 : 1;
}
