import { Command } from 'commander';
import { MillraceError } from '../../base/errors.ts';
import type { MillraceProgram } from '../../dev/demo/millrace-child.ts';
import { addDeclaredOptions, readDeclaredOptions } from '../declared-options.ts';
import { demoOptions } from '../demo/demo-options.ts';
import type { DemoSettings } from '../demo/run-demo.ts';

/** `millrace demo [FOLDER]`: Kafka, model servers and a deployment on this machine, with a stream through them. */
export function demoCommand(): Command {
  const command = new Command('demo')
    .summary('see it work: Kafka, a model and a stream of pictures through them, on this machine')
    .description(
      'Starts Apache Kafka, a model server and the deployment of examples/cifar10, streams pictures through them, ' +
        'checks that every request has exactly one answer, and removes everything again. With FOLDER it does so with ' +
        "the graph and the requests of that folder's demo.yaml. Ports are free ones. Needs Java 17 (unless --broker) and, " +
        'the first time, Maven.',
    )
    .argument('[FOLDER]', 'an example, such as examples/graphs/router: a folder with a demo.yaml');
  addDeclaredOptions(command, demoOptions);
  command.option('--no-color', 'no colours (or NO_COLOR)');
  return command.addHelpText('after', AFTER).action(async (folder: string | undefined, given: Given) => {
    const values = readDeclaredOptions(demoOptions, { ...given }, {});
    // The demo starts Millrace anew, the way it was started itself.
    const program = { file: process.execPath, args: [...process.execArgv, process.argv[1] ?? ''] };
    // Whatever might still hold the process open has had its time.
    process.exit(await play(folder, given, { ...values, color: given.color }, program));
  });
}

type Given = Readonly<Record<string, unknown>> & { readonly color: boolean };

async function play(
  folder: string | undefined,
  given: Given,
  settings: DemoSettings,
  program: MillraceProgram,
): Promise<number> {
  if (folder === undefined) {
    const { runDemo } = await import('../demo/run-demo.ts');
    return runDemo(settings, program);
  }
  const misplaced = ['requests', 'rate'].find((name) => given[name] !== undefined);
  if (misplaced !== undefined) {
    throw new MillraceError(`--${misplaced} is for the demo without FOLDER`, {
      code: 'DEMO_OPTION',
      remedy: `leave it out: the requests of '${folder}' are those of its file`,
      exitCode: 2,
    });
  }
  const { runExample } = await import('../demo/example/run-example.ts');
  return runExample(folder, settings, program);
}

const AFTER = `
Exits with 0 only when each request has the one answer that it should have; with 130 after Ctrl-C.
docs/examples.md lists the examples. With npm, options come after two dashes: npm start -- --requests 1000`;
