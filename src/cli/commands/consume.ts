import { Command } from 'commander';
import { consumeOptions } from '../consume/consume-options.ts';
import type { ConsumeFlags } from '../consume/run-consume.ts';
import { addDeclaredOptions } from '../declared-options.ts';
import { CLIENT_HELP } from '../kafka/client-options.ts';
import { repeated } from '../repeated-option.ts';

/** `millrace consume`: what is in a topic. */
export function consumeCommand(): Command {
  const command = new Command('consume')
    .summary('print the records of a topic: from its beginning to its present end, without a consumer group')
    .description(
      'Prints the records of a topic, from its beginning to its present end. No consumer group takes part, and\nnothing is committed.',
    )
    .requiredOption('--topic <NAME>', 'topic to read')
    .option('--partition <N>', 'read this partition only; may be repeated', repeated);
  addDeclaredOptions(command, consumeOptions);
  return command.addHelpText('after', `${DETAILS}${CLIENT_HELP}`).action(async (flags: ConsumeFlags) => {
    const { runConsume } = await import('../consume/run-consume.ts');
    await runConsume(flags);
  });
}

const DETAILS = `
Formats:
  value     the value, one a line; protobuf and other bytes as base64
  json      one JSON object a line with topic, partition, offset, timestamp, key, headers and value
  pretty    partition/offset, time, key, headers and the start of the value
  errors    error records: what went wrong, at which node, what the model said, and the start of the request
  protobuf  values with their size before them, as 'millrace produce --format protobuf' reads them

Examples:
  millrace consume --topic predictions --output predictions.jsonl
  millrace consume --topic predictions-errors --errors --from -10 --follow
`;
