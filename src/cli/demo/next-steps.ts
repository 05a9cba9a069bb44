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
  const { connection, plan, nodes, httpPort, names } = world;
  const { broker } = connection;
  const run = deploymentArguments({ ...world.deploymentSpec(), httpPort: 0 });
  const produce = ['produce', ...plan.produce, '--broker', broker, '--topic', names.inputTopic];
  const line = (words: readonly string[]) => `${command} ${words.map((word) => quoted(shown(word))).join(' ')}`;
  const running = list(paint, 'Everything runs until Ctrl-C:', [
    [broker, 'Kafka'],
    ...nodes.map(({ name, port, grpcPort }) => {
      const address = grpcPort === undefined ? `http://127.0.0.1:${port}` : `grpc://127.0.0.1:${grpcPort}`;
      return [address, nodes.length === 1 ? 'model server' : `model server of node ${name}`] as const;
    }),
    [`http://127.0.0.1:${httpPort}`, 'deployment: /live, /ready, /metrics'],
    [names.inputTopic, 'topic of the requests'],
    [names.outputTopic, 'topic of the predictions'],
    [names.errorTopic, 'topic of the error records'],
  ]);
  const commands: readonly (readonly [note: string, text: string])[] = [
    ['What Prometheus would see:', `curl -s 127.0.0.1:${httpPort}/metrics`],
    ...(plan.produce.length > 0 ? [['More requests:', line(produce)] as const] : []),
    ['Predictions:', `${command} consume --broker ${broker} --topic ${names.outputTopic} --max 3`],
    ['What went wrong:', `${command} consume --broker ${broker} --topic ${names.errorTopic} --errors`],
    ['A second replica:', line(run)],
  ];
  const lines = commands.flatMap(([note, text]) => [`    ${note}`, `      ${paint('cyan', text)}`]);
  return [running, '', `  ${paint('bold', 'Try, in another terminal:')}`, ...lines].join('\n');
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
