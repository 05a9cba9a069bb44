import { Command } from 'commander';
import { addDeclaredOptions, readDeclaredOptions } from '../declared-options.ts';
import { print } from '../print.ts';
import { repeated } from '../repeated-option.ts';
import { runOptions } from '../run/run-options.ts';

interface OtherFlags {
  readonly namespace?: string;
  readonly env?: readonly string[];
  readonly endpoint?: readonly string[];
}

/** `millrace run FILE`: a SeldonDeployment document on this machine, without Kubernetes. */
export function runCommand(): Command {
  const command = new Command('run')
    .summary('run a SeldonDeployment document on this machine, without Kubernetes')
    .description(
      `Runs one predictor of a SeldonDeployment document on this machine. The model servers are yours to start;
--endpoint says where they are, else the document's endpoints count (a port alone is one of this machine).
With serverType kafka it streams, and Kafka is what svcOrchSpec.env says; a KAFKA_* or SELDON_CERT_* variable
of this shell wins over it, and --env over both. With serverType rpc it answers requests over HTTP and gRPC.`,
    )
    .argument('<FILE>', "SeldonDeployment document (YAML or JSON); '-' reads standard input")
    .option(
      '-n, --namespace <NAME>',
      "where the document names none, else 'default'; part of the consumer group's name",
    )
    .option('--env <NAME=VALUE>', 'set a variable of the predictor; may be repeated', repeated)
    .option('--endpoint <NODE=HOST:PORT>', 'where the model server of a node is; may be repeated', repeated);
  addDeclaredOptions(command, runOptions);
  return command.addHelpText('after', EXIT_CODES).action(run);
}

const EXIT_CODES = `
Exits with 0 when it was asked to end (Ctrl-C, SIGTERM) and everything in flight was finished in time; with 1 when
it cannot start or go on, or the time was not enough; with 2 when the command line is wrong.`;

async function run(file: string, given: OtherFlags & Readonly<Record<string, unknown>>): Promise<void> {
  const values = readDeclaredOptions(runOptions, given, {});
  const { readRunConfig } = await import('../../executor/config/run-config.ts');
  const { readDocument } = await import('../read-document.ts');
  const config = readRunConfig(
    readDocument(file),
    {
      ...values,
      grpcPort: given['grpcPort'] === undefined ? undefined : values.grpcPort,
      predictor: values.predictor || undefined,
      deployment: values.deployment || undefined,
      namespace: given.namespace,
      secrets: values.secrets || undefined,
      logLevel: values.logLevel || undefined,
      source: file === '-' ? 'standard input' : file,
      env: given.env,
      endpoints: given.endpoint,
      logFormat: process.stderr.isTTY ? 'people' : 'json',
    },
    process.env,
  );
  const { runHere } = await import('../run/run-here.ts');
  const { addressLines } = await import('../run/address-lines.ts');
  // A stream's output is its topic; of a server one needs to know how to ask it.
  await runHere(
    config,
    config.kafka === undefined ? (fronts) => addressLines(config, fronts).forEach(print) : undefined,
  );
}
