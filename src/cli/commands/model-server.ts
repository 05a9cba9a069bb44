import { Command } from 'commander';
import { modelServerOptions } from '../../dev/model-server/options.ts';
import { addDeclaredOptions, readDeclaredOptions } from '../declared-options.ts';
import { note, print } from '../print.ts';

const { name, grpc, ...optional } = modelServerOptions;

/** `millrace model-server`: an ONNX model or a script behind the APIs of model servers, until Ctrl-C. */
export function modelServerCommand(): Command {
  const command = new Command('model-server')
    .summary('serve an ONNX model, or a scripted node of a graph, until Ctrl-C')
    .description(
      'Serves an ONNX model over REST and gRPC, in the protocols of TensorFlow Serving, of v2 (Open Inference) and of Seldon all at once, until Ctrl-C. A model needs the package onnxruntime-node; scripted nodes (--role, --echo, --constant, --scale, --branch, --combine) need nothing.',
    )
    .requiredOption('--name <NAME>', name.help);
  addDeclaredOptions(command, optional);
  command.option('--no-grpc', `do not ${grpc.help}`);
  return command.action(async (given: Readonly<Record<string, unknown>>) => serve(given));
}

async function serve(given: Readonly<Record<string, unknown>>): Promise<void> {
  const options = readDeclaredOptions(modelServerOptions, given, {});
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const { startModelServer } = await import('../../dev/model-server/server.ts');
  const starting = startModelServer(options);
  // Asked to stop before it was ready: there is nothing to report, whatever comes of the start.
  const server = await Promise.race([starting, stopped]);
  if (!server) process.exit(0);
  const threads = server.threads === 1 ? '1 thread' : `${server.threads} threads`;
  const both = server.grpcUrl === undefined ? server.url : `${server.url} and ${server.grpcUrl}`;
  note(`${options.role} ${options.name} is ready at ${both} on ${threads} (Ctrl-C stops it)`);
  print(server.url);
  if (server.grpcUrl !== undefined) print(server.grpcUrl);
  await stopped;
  await server.close();
}
