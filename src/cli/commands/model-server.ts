import { Command } from 'commander';
import { modelServerOptions } from '../../dev/model-server/options.ts';
import { addDeclaredOptions, readDeclaredOptions } from '../declared-options.ts';
import { note, print } from '../print.ts';

const { name, model, ...optional } = modelServerOptions;

/** `millrace model-server`: an ONNX model behind the REST APIs of model servers, until Ctrl-C. */
export function modelServerCommand(): Command {
  const command = new Command('model-server')
    .summary('serve an ONNX model over REST, until Ctrl-C')
    .description(
      'Serves an ONNX model over the REST APIs of TensorFlow Serving, the v2 (Open Inference) protocol and Seldon, all at one port, until Ctrl-C. Needs the package onnxruntime-node.',
    )
    .requiredOption('--name <NAME>', name.help)
    .requiredOption('--model <FILE>', model.help);
  addDeclaredOptions(command, optional);
  return command.action(async (given: Readonly<Record<string, string>>) => serve(given));
}

async function serve(given: Readonly<Record<string, string>>): Promise<void> {
  const options = readDeclaredOptions(modelServerOptions, given, {});
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const { startModelServer } = await import('../../dev/model-server/server.ts');
  const starting = startModelServer(options);
  // Asked to stop before it was ready: there is nothing to report, whatever comes of the start.
  const server = await Promise.race([starting, stopped]);
  if (!server) process.exit(0);
  const threads = options.threads === 1 ? '1 thread' : `${options.threads} threads`;
  note(`${options.name} is ready at ${server.url} on ${threads} (Ctrl-C stops it)`);
  print(server.url);
  await stopped;
  await server.close();
}
