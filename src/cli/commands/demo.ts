import { Command } from 'commander';
import { addDeclaredOptions, readDeclaredOptions } from '../declared-options.ts';
import { demoOptions } from '../demo/demo-options.ts';

/** `millrace demo`: Kafka, a model server and a deployment on this machine, with a stream through them. */
export function demoCommand(): Command {
  const command = new Command('demo')
    .summary('see it work: Kafka, a model and a stream of pictures through them, on this machine')
    .description(
      'Starts Apache Kafka, a model server and the deployment of examples/cifar10, streams pictures through them, ' +
        'checks that every request has exactly one answer, and removes everything again. Ports are free ones. ' +
        'Needs Java 17 (unless --broker) and, the first time, Maven.',
    );
  addDeclaredOptions(command, demoOptions);
  command.option('--no-color', 'no colours (or NO_COLOR)');
  return command.addHelpText('after', AFTER).action(async (given: { readonly color: boolean }) => {
    const values = readDeclaredOptions(demoOptions, { ...given }, {});
    const { runDemo } = await import('../demo/run-demo.ts');
    // The demo starts Millrace anew, the way it was started itself.
    const program = { file: process.execPath, args: [...process.execArgv, process.argv[1] ?? ''] };
    // Whatever might still hold the process open has had its time.
    process.exit(await runDemo({ ...values, color: given.color }, program));
  });
}

const AFTER = `
Exits with 0 only when each request has the one right-shaped answer that it should have; with 130 after Ctrl-C.
With npm, options come after two dashes: npm start -- --requests 1000`;
