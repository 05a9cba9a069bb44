import { Command, Option } from 'commander';
import { print } from '../print.ts';

/** `millrace validate FILE...`: everything that is wrong with deployments, before anything runs. */
export function validateCommand(): Command {
  return new Command('validate')
    .summary('check SeldonDeployments and say everything that is wrong with them, with line and remedy')
    .description(
      "Checks SeldonDeployments as Seldon's operator would, and their Kafka settings too. Says everything that is\nwrong, with line and remedy.",
    )
    .argument('<FILE...>', 'YAML or JSON files; - is standard input')
    .addOption(new Option('--format <FORMAT>', 'how to print the result').choices(['text', 'json']).default('text'))
    .option('--defaults', 'print the documents instead, with everything filled in that the operator fills in')
    .addHelpText('after', '\nExits with 1 when there are errors; warnings do not count.')
    .action(validate);
}

interface ValidateOptions {
  readonly format: string;
  readonly defaults?: boolean;
}

async function validate(files: readonly string[], { format, defaults }: ValidateOptions): Promise<void> {
  if (defaults) {
    const { defaultedText } = await import('../validation/defaulted-text.ts');
    for (const file of new Set(files)) print(await defaultedText(file));
    return;
  }
  const { reportFile } = await import('../validation/file-report.ts');
  const { reportLines } = await import('../validation/report-lines.ts');
  const reports = [];
  // Standard input has one text, however often it is named.
  for (const file of new Set(files)) reports.push(await reportFile(file));
  const valid = reports.every((report) => report.valid);
  if (format === 'json') print(JSON.stringify({ valid, files: reports }, null, 2));
  else for (const line of reports.flatMap(reportLines)) print(line);
  if (!valid) process.exitCode = 1;
}
