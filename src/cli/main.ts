import { Command, CommanderError } from 'commander';
import { MillraceError } from '../base/errors.ts';
import { printError } from './print.ts';

const program = new Command('millrace')
  .description('Runs Seldon inference graphs on Kafka streams')
  .showHelpAfterError('(millrace --help lists the commands)')
  .exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    printError(error);
    process.exitCode = error instanceof MillraceError ? error.exitCode : 70;
  }
}
