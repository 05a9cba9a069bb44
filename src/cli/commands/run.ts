import { Command, InvalidArgumentError, Option } from 'commander';

interface RunFlags {
  readonly predictor?: string;
  readonly deployment?: string;
  readonly namespace?: string;
  readonly env?: readonly string[];
  readonly endpoint?: readonly string[];
  readonly secrets?: string;
  readonly host: string;
  readonly httpPort: number;
  readonly gracefulTimeout: number;
  readonly fullHealthChecks?: boolean;
  readonly logLevel?: string;
}

const append = (value: string, before: readonly string[] = []) => [...before, value];

/** `millrace run FILE`: a SeldonDeployment document on this machine, without Kubernetes. */
export function runCommand(): Command {
  return new Command('run')
    .summary('run a SeldonDeployment document on this machine, without Kubernetes')
    .description(
      `Runs one predictor of a SeldonDeployment document on this machine. The model servers are yours to start;
--endpoint says where they are, else the document's endpoints count (a port alone is one of this machine).
Kafka is what svcOrchSpec.env says; a KAFKA_* variable of this shell wins over it, and --env over both.`,
    )
    .usage('FILE [OPTIONS]')
    .argument('<FILE>', "SeldonDeployment document (YAML or JSON); '-' reads standard input")
    .option('--predictor <NAME>', 'the predictor to run; needed where the document has several')
    .option('--deployment <NAME>', 'the SeldonDeployment to run; needed where the document holds several')
    .option('-n, --namespace <NAME>', 'namespace, where the document names none (default: default)')
    .option('--env <NAME=VALUE>', 'set a variable of the predictor; can be repeated', append)
    .option('--endpoint <NODE=HOST:PORT>', 'where the model server of a node is; can be repeated', append)
    .option('--secrets <DIR>', 'take secrets and config maps from files DIR/<name>/<key>')
    .addOption(new Option('--host <ADDRESS>', 'address of the probes and metrics').default('127.0.0.1', '127.0.0.1'))
    .option('--http-port <PORT>', 'port of the probes and metrics; 0 takes any free one', port, 8080)
    .addOption(
      new Option('--graceful-timeout <DURATION>', 'time to finish records in flight at the end')
        .argParser(durationMs)
        .default(15_000, '15s'),
    )
    .option('--full-health-checks', "ask the models' health endpoints before the start")
    .option('--log-level <LEVEL>', 'DEBUG, INFO, WARN, ERROR or FATAL')
    .action(async (file: string, flags: RunFlags) => {
      const { readRunConfig } = await import('../../executor/run-config.ts');
      const { readDocument } = await import('../read-document.ts');
      const options = {
        ...flags,
        fullHealthChecks: flags.fullHealthChecks ?? false,
        source: file === '-' ? 'standard input' : file,
        endpoints: flags.endpoint,
        gracefulTimeoutMs: flags.gracefulTimeout,
        logFormat: process.stderr.isTTY ? ('people' as const) : ('json' as const),
      };
      const config = readRunConfig(readDocument(file), options, process.env);
      const { runHere } = await import('../run-here.ts');
      await runHere(config);
    });
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.');
  return value;
}

function durationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  if (!match) throw new InvalidArgumentError('It is a duration such as 500ms, 15s or 2m.');
  const unitMs = match[2] === 'ms' ? 1 : match[2] === 's' ? 1_000 : 60_000;
  return Number(match[1]) * unitMs;
}
