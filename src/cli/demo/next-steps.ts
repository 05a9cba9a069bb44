import { isAbsolute, relative } from 'node:path';
import { deploymentArguments } from '../../dev/demo/demo-children.ts';
import type { DemoWorld } from './demo-world.ts';
import type { Paint } from './screen/paint.ts';

/** Something to try: a command, and what it does. */
export type NextStep = readonly [line: string, note: string];

/** What to try after the demo. */
export function nextSteps(steps: readonly NextStep[], paint: Paint): string {
  return list(paint, 'Try next:', steps);
}

/** What runs, and what can be done with it. */
export function keptRunning(command: string, world: DemoWorld, paint: Paint): string {
  const running = list(paint, 'Everything runs until Ctrl-C:', [...nodeAddresses(world), ...ownAddresses(world)]);
  const commands = world.plan.server === 'rpc' ? askingCommands(world) : streamCommands(command, world);
  const lines = [['What Prometheus would see:', `curl -s 127.0.0.1:${world.httpPort}/metrics`], ...commands].flatMap(
    ([note, text]) => [`    ${note}`, `      ${paint('cyan', text ?? '')}`],
  );
  return [running, '', `  ${paint('bold', 'Try, in another terminal:')}`, ...lines].join('\n');
}

function nodeAddresses({ nodes, plan }: DemoWorld): NextStep[] {
  return nodes.map(({ name, port, grpcPort }) => {
    const [rest, grpc] = [`http://127.0.0.1:${port}`, `grpc://127.0.0.1:${grpcPort}`];
    const address = grpcPort === undefined ? rest : plan.server === 'rpc' ? `${rest}, ${grpc}` : grpc;
    return [address, nodes.length === 1 ? 'model server' : `model server of node ${name}`];
  });
}

function ownAddresses({ plan, connection, names, httpPort, grpcPort }: DemoWorld): NextStep[] {
  const http = `http://127.0.0.1:${httpPort}`;
  if (plan.server === 'rpc') {
    return [
      [http, 'deployment: requests over HTTP, /live, /ready, /metrics'],
      [`grpc://127.0.0.1:${grpcPort}`, 'deployment: requests over gRPC'],
    ];
  }
  return [
    [http, 'deployment: /live, /ready, /metrics'],
    [connection.broker, 'Kafka'],
    [names.inputTopic, 'topic of the requests'],
    [names.outputTopic, 'topic of the predictions'],
    [names.errorTopic, 'topic of the error records'],
  ];
}

type Note = readonly [note: string, command: string];

function askingCommands({ plan, httpPort, grpcPort }: DemoWorld): Note[] {
  const [file = ''] = plan.produce;
  const url = `http://127.0.0.1:${httpPort}${plan.predictPath}`;
  const first = `head -1 ${quoted(shown(file))}`;
  return [
    ['The first request:', `${first} | curl -s ${url} -H 'Content-Type: application/json' -d @-`],
    ['What it offers over gRPC:', `grpcurl -plaintext 127.0.0.1:${grpcPort} list`],
  ];
}

function streamCommands(command: string, world: DemoWorld): Note[] {
  const { connection, plan, names } = world;
  const { broker } = connection;
  const run = deploymentArguments({ ...world.deploymentSpec(), httpPort: 0 });
  const produce = ['produce', ...plan.produce, '--broker', broker, '--topic', names.inputTopic];
  const line = (words: readonly string[]) => `${command} ${words.map((word) => quoted(shown(word))).join(' ')}`;
  return [
    ...(plan.produce.length > 0 ? [['More requests:', line(produce)] as const] : []),
    ['Predictions:', `${command} consume --broker ${broker} --topic ${names.outputTopic} --max 3`],
    ['What went wrong:', `${command} consume --broker ${broker} --topic ${names.errorTopic} --errors`],
    ['A second replica:', line(run)],
  ];
}

function list(paint: Paint, title: string, rows: readonly (readonly [what: string, note: string])[]): string {
  const width = Math.max(...rows.map(([what]) => what.length));
  const lines = rows.map(([what, note]) => `    ${paint('cyan', what.padEnd(width))}   ${paint('dim', note)}`);
  return [`  ${paint('bold', title)}`, ...lines].join('\n');
}

/** A file as the person can type it. */
export function shown(word: string): string {
  return isAbsolute(word) ? relative(process.cwd(), word) : word;
}

function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
