// `npm run soak`: a long stream, and what the process holds; docs/fuzz-and-soak.md.
import { writeFile } from 'node:fs/promises';
import { note, print, printError } from '../../src/cli/print.ts';
import { createProgress } from '../../src/cli/progress.ts';
import { startEmbeddedKafka } from '../../src/dev/kafka/embedded-kafka.ts';
import { soakChart } from './soak-chart.ts';
import { readSoakOptions, type SoakOptions } from './soak-options.ts';
import { growthOf, soakCsv, soakTable } from './soak-report.ts';
import { soakStream } from './soak-stream.ts';

// What was started ends with this process.
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
try {
  process.exitCode = await run(readSoakOptions(process.argv.slice(2)));
} catch (error) {
  printError(error);
  process.exitCode = 1;
}

async function run(options: SoakOptions): Promise<number> {
  const { records, delivery, transport, svg, csv } = options;
  const given = process.env['MILLRACE_TEST_KAFKA'];
  const kafka = given ? undefined : await startEmbeddedKafka({ progress: note });
  const progress = createProgress();
  try {
    const result = await soakStream(given ?? kafka?.bootstrap ?? '', options, (sample) =>
      progress.update(sample.records / records, `${sample.records} records`),
    );
    progress.stop();
    const { sent, seconds, samples, results, errors } = result;
    const title = `${sent.toLocaleString('en')} records, ${delivery}, ${transport}`;
    const rate = Math.round(sent / seconds);
    print(
      `${title}, in ${seconds.toFixed(0)} s (${rate} a second): ${results} results, ${errors} error records; ${samples.length} samples`,
    );
    print(soakTable(samples));
    const wrong = [...result.troubles, ...growthOf(samples)];
    for (const what of wrong) print(`WRONG: ${what}`);
    print(wrong.length === 0 ? 'Every record came out once, and nothing grows.' : `${wrong.length} things are wrong.`);
    if (svg !== undefined) await writeFile(svg, soakChart(samples, title));
    if (csv !== undefined) await writeFile(csv, soakCsv(samples));
    return wrong.length === 0 ? 0 : 1;
  } finally {
    progress.stop();
    await kafka?.stop();
  }
}
