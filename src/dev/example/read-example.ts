import { dirname, join } from 'node:path';
import { MillraceError, type Problem } from '../../base/errors.ts';
import type { ShapeProblem } from '../../deployment/parse/shape.ts';
import { readYaml } from '../../deployment/parse/yaml-source.ts';
import { useOneOf } from '../../base/nearest.ts';
import type { DemoNode } from '../demo/demo-plan.ts';
import { knowsMessage } from '../graph-test/protobuf/message-json.ts';
import { requestMessage } from '../graph-test/protobuf/request-message.ts';
import { readDemoGraph, type DemoGraph } from './demo-graph.ts';
import type { Example, ExampleRequests } from './example.ts';
import { HTTP_PATHS } from './front-client.ts';
import { readNodeArguments } from './node-arguments.ts';
import { writtenExample, type WrittenExample } from './written-example.ts';
import { problemAt } from '../../deployment/parse/problem-at.ts';

/** Files beside a `demo.yaml`, where it does not name others. */
const DEPLOYMENT = 'deployment.yaml';
const REQUESTS = 'requests.jsonl';

/** What the reader of an example asks of the disk. */
export interface ExampleFiles {
  /** @throws MillraceError for a file that cannot be read */
  readonly text: (path: string) => string;
  readonly exists: (path: string) => boolean;
}

type Report = (problem: ShapeProblem) => void;

/**
 * Reads a `demo.yaml`, with the deployment that it names. Everything that is wrong with it comes back, each with its line; then there
 * is no example.
 *
 * @param path where the text is from; what it names is looked for from its folder
 */
export function readExample(
  text: string,
  path: string,
  files: ExampleFiles,
): { readonly example: Example | undefined; readonly problems: readonly Problem[] } {
  const { documents, problems } = readYaml(text);
  const [document, another] = documents;
  const found: Problem[] = [...problems];
  const report: Report = (problem) => found.push(problemAt(document, problem));
  if (another !== undefined) {
    report({ at: [], message: 'the file holds several YAML documents', remedy: 'keep one; a demo has one graph' });
  }
  if (found.length > 0) return { example: undefined, problems: found };
  if (document === undefined) {
    report({ at: [], message: 'the file is empty', remedy: 'begin with about: and nodes:' });
    return { example: undefined, problems: found };
  }
  const written = writtenExample(document.value, [], report);
  if (written === undefined || found.length > 0) return { example: undefined, problems: found };
  const example = exampleOf(written, dirname(path), files, report);
  return found.length > 0 ? { example: undefined, problems: found } : { example, problems: [] };
}

function exampleOf(written: WrittenExample, folder: string, files: ExampleFiles, report: Report): Example | undefined {
  const deployment = join(folder, written.deployment ?? DEPLOYMENT);
  const graph = deploymentGraph(deployment, written, files, report);
  if (graph === undefined) return undefined;
  const nodes = readNodes(written, graph, folder, report);
  const requests = readRequests(written, graph, folder, files, report);
  const { protocol, transport, deploymentName, predictor, server, inputTopic, outputTopic } = graph;
  const { file, format, protoName } = requests;
  // A file of JSON lines that become protobuf messages cannot be produced as it is.
  const asItIs = format === 'protobuf' ? ['--format', 'protobuf', '--proto-name', protoName ?? ''] : [];
  const produce = format === 'json' && protoName !== undefined ? [] : [file, ...asItIs];
  const topics = { inputTopic, outputTopic };
  const payloadLog = readPayloadLog(written, graph, report);
  return {
    about: written.about.trim().replace(/\s+/g, ' '),
    plan: {
      deployment,
      deploymentName,
      predictor,
      server,
      predictPath: HTTP_PATHS[protocol],
      ...topics,
      transport,
      env: {},
      payloadLog,
      nodes,
      produce,
    },
    protocol,
    requests,
    ...readAnswering(written, graph, requests, folder, files, report),
    expectErrors: written.expectErrors ?? 0,
  };
}

function deploymentGraph(
  file: string,
  { deployment, deploymentName, predictor }: WrittenExample,
  files: ExampleFiles,
  report: Report,
): DemoGraph | undefined {
  try {
    return readDemoGraph(files.text(file), { source: file, deploymentName, predictor });
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const { message, remedy = "'millrace validate' on the deployment tells more" } = error;
    report({ at: deployment === undefined ? [] : ['deployment'], message, remedy });
    return undefined;
  }
}

function readNodes(written: WrittenExample, graph: DemoGraph, folder: string, report: Report): readonly DemoNode[] {
  for (const name of graph.roles.keys()) {
    if (Object.hasOwn(written.nodes, name)) continue;
    const message = `nothing plays the node '${name}'`;
    report({ at: ['nodes'], message, remedy: `add ${name}: and arguments of 'millrace model-server'` });
  }
  return Object.entries(written.nodes).map(([name, text]) => {
    const at = ['nodes', name];
    const role = graph.roles.get(name);
    if (role === undefined) {
      const message = `the graph calls no node '${name}'`;
      report({ at, message, remedy: useOneOf(name, [...graph.roles.keys()]) });
      return { name, flags: {}, title: name };
    }
    const read = readNodeArguments(text, name, role, folder);
    if ('flags' in read) return { name, flags: read.flags, title: `${role} ${name}` };
    report({ at, ...read });
    return { name, flags: {}, title: name };
  });
}

function readRequests(
  written: WrittenExample,
  { protocol, transport, server }: DemoGraph,
  folder: string,
  files: ExampleFiles,
  report: Report,
): ExampleRequests {
  const file = join(folder, written.requests ?? REQUESTS);
  if (!files.exists(file)) {
    const at = written.requests === undefined ? [] : ['requests'];
    report({ at, message: `there is no file '${file}'`, remedy: 'write requests: and the path of a file of requests' });
  }
  const format = /\.(?:jsonl|ndjson|json)$/.test(file) ? 'json' : 'protobuf';
  if (transport === 'rest' || server === 'rpc') {
    const message = server === 'rpc' ? 'requests are those over HTTP' : 'the deployment calls its models over REST';
    if (format === 'protobuf') report({ at: ['requests'], message, remedy: 'give JSON lines (requests.jsonl)' });
    if (written.protoName !== undefined) report({ at: ['protoName'], message, remedy: 'leave protoName out' });
    return { file, format, protoName: undefined };
  }
  const usual = requestMessage(protocol, { kind: 'request', headers: [] });
  const protoName = written.protoName ?? usual;
  if (!knowsMessage(protoName)) {
    const message = `no protocol has the message '${protoName}'`;
    report({ at: ['protoName'], message, remedy: `leave it out for ${usual}` });
  }
  return { file, format, protoName };
}

function readPayloadLog(
  { payloadLog }: WrittenExample,
  { logsPayloads, server }: DemoGraph,
  report: Report,
): 'http' | 'topic' | undefined {
  const at = ['payloadLog'];
  if (payloadLog === undefined) return logsPayloads ? 'http' : undefined;
  if (!logsPayloads) report({ at, message: 'no unit has a logger', remedy: 'leave it out, or give a unit a logger' });
  if (payloadLog !== 'http' && payloadLog !== 'topic') {
    report({ at, message: `'${payloadLog}' is no place for payloads`, remedy: 'use one of http, topic' });
    return undefined;
  }
  if (payloadLog === 'topic' && server === 'rpc') {
    report({ at, message: 'this deployment runs without Kafka', remedy: 'write http, or set serverType: kafka' });
  }
  return payloadLog;
}

/** What only a document for requests has: how it is asked over gRPC, and what its answers should have been. */
function readAnswering(
  written: WrittenExample,
  { protocol, server }: DemoGraph,
  { file }: ExampleRequests,
  folder: string,
  files: ExampleFiles,
  report: Report,
): Pick<Example, 'grpcRequests' | 'truth'> {
  const path = (field: 'grpcRequests' | 'truth'): string | undefined => {
    const name = written[field];
    if (name === undefined) return undefined;
    const found = join(folder, name);
    if (server === 'kafka') {
      report({ at: [field], message: 'the deployment reads a topic', remedy: 'leave it out, or set serverType: rpc' });
    } else if (!files.exists(found)) {
      report({ at: [field], message: `there is no file '${found}'`, remedy: 'give the path of a file of JSON lines' });
    }
    return found;
  };
  const truth = path('truth');
  if (truth !== undefined && protocol !== 'seldon') {
    report({ at: ['truth'], message: `the ${protocol} protocol has no feedback`, remedy: 'leave truth out' });
  }
  // The JSON of a SeldonMessage is the same over both; in the other protocols REST has a form of its own.
  const grpc = path('grpcRequests') ?? (server === 'rpc' && protocol === 'seldon' ? file : undefined);
  const protoName = requestMessage(protocol, { kind: 'request', headers: [] });
  return { grpcRequests: grpc === undefined ? undefined : { file: grpc, format: 'json', protoName }, truth };
}
