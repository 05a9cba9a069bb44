import { Command, Option } from 'commander';

interface TestFlags {
  readonly filter?: string;
  readonly update?: boolean;
  readonly format: 'text' | 'json' | 'junit';
}

/** `millrace test [FILE...]`: graphs with scripted models, without Kafka and without a cluster. */
export function testCommand(): Command {
  return new Command('test')
    .summary('test graphs with scripted models, without Kafka')
    .description(
      'Tests the graph of a SeldonDeployment: deployment.test.yaml beside deployment.yaml lists requests, what the ' +
        'models answer, and what must come of it. The graph and its clients are the real ones; the models are played.',
    )
    .argument('[FILE...]', 'test files, or folders to look for *.test.yaml in (default: this folder)')
    .option('--filter <TEXT>', 'only tests whose name contains the text, in any case')
    .option('--update', 'write what came into the files, where it is not what was expected')
    .addOption(
      new Option('--format <FORMAT>', 'how to print the result').choices(['text', 'json', 'junit']).default('text'),
    )
    .addHelpText('after', '\nExits with 1 when a test fails or a file is wrong.')
    .action(async (files: readonly string[], flags: TestFlags) => {
      const { runTests } = await import('../graph-test/run-tests.ts');
      const passed = await runTests({ ...flags, paths: files.length === 0 ? ['.'] : files });
      if (!passed) process.exitCode = 1;
    });
}
