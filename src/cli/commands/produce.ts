import { Command } from 'commander';
import { addDeclaredOptions } from '../declared-options.ts';
import { CLIENT_HELP } from '../kafka/client-options.ts';
import { produceOptions } from '../produce/produce-options.ts';
import type { ProduceFlags } from '../produce/run-produce.ts';
import { repeated } from '../repeated-option.ts';

/** `millrace produce [FILE...]`: requests from files into a topic. */
export function produceCommand(): Command {
  const command = new Command('produce')
    .summary('send requests from files to a topic, JSON lines or length-prefixed protobuf')
    .description(
      'Sends requests from files to a topic: JSON, one a line, or protobuf with the size of each message before it.',
    )
    .argument('[FILE...]', 'files, also packed with gzip or zstd; - is standard input')
    .requiredOption('--topic <NAME>', 'topic to write to')
    .option(
      '--create-topic [PARTITIONS]',
      "create the topic if it is not there (without a number: the broker's default)",
    )
    .option('--header <NAME=VALUE>', 'header of every record; may be repeated', repeated)
    .option('--no-check', 'send lines as they are, JSON or not');
  addDeclaredOptions(command, produceOptions);
  return command
    .addHelpText('after', `${EXAMPLES}${CLIENT_HELP}`)
    .action(async (files: string[], flags: ProduceFlags) => {
      const { runProduce } = await import('../produce/run-produce.ts');
      await runProduce(files.length === 0 ? ['-'] : files, flags);
    });
}

const EXAMPLES = `
Exits with 0 only when Kafka has stored every record.

Examples:
  millrace produce requests.jsonl --topic requests --create-topic 8 --key-field user.id
  millrace produce images.bin --topic images --format protobuf --proto-name tensorflow.serving.PredictRequest
`;
