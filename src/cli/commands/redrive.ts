import { Command } from 'commander';
import { addDeclaredOptions } from '../declared-options.ts';
import { CLIENT_HELP } from '../kafka/client-options.ts';
import { redriveOptions } from '../redrive/redrive-options.ts';
import type { RedriveFlags } from '../redrive/run-redrive.ts';
import { repeated } from '../repeated-option.ts';

/** `millrace redrive`: failed requests once more. */
export function redriveCommand(): Command {
  const command = new Command('redrive')
    .summary('send the requests of error records again, each once, however often the command is run')
    .description('Sends the requests of error records again, each once, however often the command is run.')
    .option('--code <CODE>', 'only errors of this code, such as MODEL_TIMEOUT; may be repeated', repeated)
    .option('--node <NAME>', 'only errors at this node of the graph; may be repeated', repeated)
    .option('--status <STATUS>', 'only with this status of the model: 503, 5xx, UNAVAILABLE; may be repeated', repeated)
    .option('--key <KEY>', 'only records with this key; may be repeated', repeated);
  addDeclaredOptions(command, redriveOptions);
  return command.addHelpText('after', `${DETAILS}${CLIENT_HELP}`).action(async (flags: RedriveFlags) => {
    const { runRedrive } = await import('../redrive/run-redrive.ts');
    await runRedrive(flags);
  });
}

const DETAILS = `
What is sent is the request: key, value and headers without those of the error, to the partition it came from.
A consumer group remembers what was sent, in the same transaction: a run that was stopped or killed goes on where
it was, other filters send only what was not sent yet, and of two runs at a time the later one ends the earlier.
Records that fail again are new error records, for the next run. --group NAME with a new name begins again.

Exits with 0 when every matching record was sent, with 1 when one cannot be.

Examples:
  millrace redrive --from-topic predictions-errors --dry-run
  millrace redrive --from-topic predictions-errors --code MODEL_TIMEOUT --status 5xx --since 2h --rate 100
  millrace redrive --deployment deployment.yaml --max 10
`;
