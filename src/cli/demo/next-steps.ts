import { isAbsolute, relative } from 'node:path';
import { DEMO_DEPLOYMENT, DEMO_REQUESTS, deploymentArguments } from '../../dev/demo/demo-children.ts';
import type { DemoWorld } from './demo-world.ts';
import type { Paint } from './screen/paint.ts';

/** What to try after the demo. */
export function nextSteps(command: string, paint: Paint): string {
  const file = shown(DEMO_DEPLOYMENT);
  return list(paint, 'Try next:', [
    [`${command} demo --keep`, 'the same, and everything stays up'],
    [`${command} validate ${file}`, 'check a SeldonDeployment of yours'],
    [`${command} kafka --topic requests:4`, 'a Kafka for development'],
    [`${command} run ${file} --help`, 'run a SeldonDeployment here'],
  ]);
}

/** What runs, and what can be done with it. */
export function keptRunning(command: string, world: DemoWorld, paint: Paint): string {
  const { connection, modelPort, httpPort, names } = world;
  const { broker } = connection;
  const requests = shown(DEMO_REQUESTS);
  const run = deploymentArguments({ ...world.deploymentSpec(), httpPort: 0 }).map((word) => quoted(shown(word)));
  const running = list(paint, 'Everything runs until Ctrl-C:', [
    [broker, 'Kafka'],
    [`http://127.0.0.1:${modelPort}`, 'model server'],
    [`http://127.0.0.1:${httpPort}`, 'deployment: /live, /ready, /metrics'],
    [names.inputTopic, 'topic of the requests'],
    [names.outputTopic, 'topic of the predictions'],
    [names.errorTopic, 'topic of the error records'],
  ]);
  const commands: readonly (readonly [note: string, line: string])[] = [
    ['What Prometheus would see:', `curl -s 127.0.0.1:${httpPort}/metrics`],
    ['More requests:', `${command} produce ${requests} --broker ${broker} --topic ${names.inputTopic}`],
    ['Predictions:', `${command} consume --broker ${broker} --topic ${names.outputTopic} --max 3`],
    ['What went wrong:', `${command} consume --broker ${broker} --topic ${names.errorTopic} --errors`],
    ['A second replica:', `${command} ${run.join(' ')}`],
  ];
  const lines = commands.flatMap(([note, line]) => [`    ${note}`, `      ${paint('cyan', line)}`]);
  return [running, '', `  ${paint('bold', 'Try, in another terminal:')}`, ...lines].join('\n');
}

function list(paint: Paint, title: string, rows: readonly (readonly [what: string, note: string])[]): string {
  const width = Math.max(...rows.map(([what]) => what.length));
  const lines = rows.map(([what, note]) => `    ${paint('cyan', what.padEnd(width))}   ${paint('dim', note)}`);
  return [`  ${paint('bold', title)}`, ...lines].join('\n');
}

// Files are named as the person can type them.
function shown(word: string): string {
  return isAbsolute(word) ? relative(process.cwd(), word) : word;
}

function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
