import { Command } from 'commander';
import { print } from '../print.ts';

/** `millrace executor`: what a pod runs in the place of Seldon Core's executor, with the same flags and variables. */
export function executorCommand(): Command {
  return (
    new Command('executor')
      .summary('run one predictor in a pod, in the place of the executor of Seldon Core 1')
      .argument('[FLAGS...]')
      // Go's flags are not commander's: everything behind the command's name is read by the executor's own parser.
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async () => {
        const argv = process.argv.slice(process.argv.indexOf('executor') + 1);
        const { executorFlags, executorOptionGroups, readExecutorConfig } =
          await import('../../executor/config/config.ts');
        const { parseGoFlags } = await import('../../executor/config/flags/go-flags.ts');
        const commandLine = parseGoFlags(argv, executorFlags);
        if (commandLine === undefined) {
          const { flagUsage } = await import('../../executor/config/flags/flag-usage.ts');
          print(flagUsage(TITLE, executorOptionGroups));
          return;
        }
        const { readFileSync } = await import('node:fs');
        const readFile = (path: string) => readFileSync(path, 'utf8');
        const config = readExecutorConfig({ commandLine, env: process.env, readFile });
        const { runHere } = await import('../run/run-here.ts');
        await runHere(config);
      })
  );
}

const TITLE = `Usage: millrace executor [FLAGS]

Runs one predictor of a SeldonDeployment: what its pod runs in the place of Seldon Core's executor.
Flags are Go's: one dash or two, '--name value' or '--name=value'; a switch is '--name' or '--name=false'.
A name in capitals is an environment variable.`;
