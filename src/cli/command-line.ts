import { CommanderError } from 'commander';
import { exitCodeOf, printError, tolerateClosedPipes } from './print.ts';
import { createProgram } from './program.ts';
import { demoCommand } from './commands/demo.ts';
import { executorCommand } from './commands/executor.ts';
import { runCommand } from './commands/run.ts';
import { testCommand } from './commands/test.ts';
import { validateCommand } from './commands/validate.ts';
import { kafkaCommand } from './commands/kafka.ts';
import { consumeCommand } from './commands/consume.ts';
import { redriveCommand } from './commands/redrive.ts';
import { produceCommand } from './commands/produce.ts';
import { modelServerCommand } from './commands/model-server.ts';

// A command's file imports what it needs when it runs, not when it is registered: the help appears at once.
const program = createProgram([
  { heading: 'See it work:', commands: [demoCommand()] },
  { heading: 'Run a deployment:', commands: [runCommand(), executorCommand(), validateCommand(), testCommand()] },
  { heading: 'Kafka topics:', commands: [produceCommand(), consumeCommand(), redriveCommand()] },
  { heading: 'Develop:', commands: [kafkaCommand(), modelServerCommand()] },
]);

function endWith(error: unknown): void {
  printError(error);
  process.exit(exitCodeOf(error));
}

tolerateClosedPipes();
process.on('uncaughtException', endWith);
process.on('unhandledRejection', endWith);

try {
  if (process.argv.length <= 2) program.outputHelp();
  else await program.parseAsync();
} catch (error) {
  // Commander has printed its own line already.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    printError(error);
    process.exitCode = exitCodeOf(error);
  }
}
