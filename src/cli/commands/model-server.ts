import { Command } from 'commander';
import { problemsError, type Problem } from '../../base/errors.ts';
import { readOptions } from '../../base/options.ts';
import { modelServerOptions } from '../../dev/model-server/options.ts';
import { note, print } from '../print.ts';

/** `millrace model-server`: an ONNX model behind the REST APIs of model servers, until Ctrl-C. */
export function modelServerCommand(): Command {
  const command = new Command('model-server')
    .summary('serve an ONNX model over REST, until Ctrl-C')
    .description(
      `Serves an ONNX model over the REST APIs of TensorFlow Serving, the v2 (Open Inference) protocol and Seldon, all at
one port, until Ctrl-C. Needs the package onnxruntime-node.`,
    )
    .usage('--name NAME --model FILE [OPTIONS]');
  for (const spec of Object.values(modelServerOptions)) {
    const shownDefault = spec.default === '' ? '' : ` (default ${String(spec.default)})`;
    command.option(`--${spec.flag} <${spec.unit?.toUpperCase()}>`, `${spec.help}${shownDefault}`);
  }
  return command.action(async (given: Record<string, string>) => serve(given));
}

async function serve(given: Readonly<Record<string, string>>): Promise<void> {
  const flags = Object.fromEntries(Object.entries(given).map(([name, value]) => [dashed(name), value]));
  const { values, problems } = readOptions(modelServerOptions, { env: {}, flags });
  const missing: Problem[] = (['name', 'model'] as const)
    .filter((name) => values[name] === '')
    .map((name) => ({ path: `--${name}`, message: 'is missing', remedy: `give ${modelServerOptions[name].help}` }));
  const wrong = [...missing, ...problems];
  if (wrong.length > 0) throw problemsError('wrong options', 'OPTIONS_INVALID', wrong, 2);

  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const { startModelServer } = await import('../../dev/model-server/server.ts');
  const starting = startModelServer(values);
  // Asked to stop before it was ready: there is nothing to report, whatever comes of the start.
  const server = await Promise.race([starting, stopped]);
  if (!server) process.exit(0);
  note(
    `${values.name} is ready at ${server.url} on ${values.threads} ${values.threads === 1 ? 'thread' : 'threads'} (Ctrl-C stops it)`,
  );
  print(server.url);
  await stopped;
  await server.close();
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
