import { problemsError, type Problem } from '../base/errors.ts';
import { loggerUrlProblem } from '../deployment/logger-url.ts';
import { MAX_GRAPH_DEPTH, unitsOf } from '../deployment/graph-units.ts';
import { formatPath } from '../deployment/path.ts';
import { repeatedUnits } from '../deployment/repeated-units.ts';
import { LOGGER_MODES, type PredictiveUnit, type PredictorSpec } from '../deployment/seldon-deployment.ts';
import type { Protocol, Transport } from '../protocol/payload.ts';
import { isCalled, type Graph, type GraphNode, type NodeLogger, type Routing } from './graph.ts';
import type { NodeEndpoint } from './model-client.ts';

/** What a graph is compiled for. */
export interface CompileOptions {
  readonly protocol: Protocol;
  readonly transport: Transport;
  /** Where nodes are, by name, instead of what their `endpoint` says. */
  readonly overrideEndpoints?: ReadonlyMap<string, NodeEndpoint>;
}

/**
 * Settles which calls each unit gets, and where: by its type or its methods, as Seldon Core 1's executor does; methods add to the
 * type, and implementations but RANDOM_ABTEST mean nothing here.
 *
 * @throws MillraceError with every unit that could not run: no endpoint, an A/B test without two children or with a bad ratio, a
 *   logger without a known mode or with a URL that cannot be used, a name that stands for two things; a graph that is too deep
 */
export function compileGraph(predictor: PredictorSpec, options: CompileOptions): Graph {
  const refused = (problems: readonly Problem[]) =>
    problemsError(`the graph of predictor '${predictor.name}' cannot run`, 'GRAPH_INVALID', problems);
  const compiler = new Compiler(options);
  for (const { unit, indices } of unitsOf(predictor.graph)) {
    if (indices.length === MAX_GRAPH_DEPTH) throw refused([tooDeep(unit.name)]);
    compiler.learnEndpoint(unit);
  }
  const root = compiler.node(predictor.graph, ['graph']);
  const problems = [...nameClashes(predictor.graph), ...compiler.problems];
  if (problems.length > 0) throw refused(problems);
  const { protocol, transport } = options;
  return { root, nodes: [...depthFirst(root)], protocol, transport, isSingleModel: hasOneCall(root) };
}

class Compiler {
  readonly problems: Problem[] = [];
  readonly #options: CompileOptions;
  /** By name: units of one name are calls of one model server. */
  readonly #endpoints = new Map<string, NodeEndpoint>();

  constructor(options: CompileOptions) {
    this.#options = options;
  }

  learnEndpoint(unit: PredictiveUnit): void {
    const endpoint = this.#writtenEndpoint(unit);
    if (endpoint !== undefined && !this.#endpoints.has(unit.name)) this.#endpoints.set(unit.name, endpoint);
  }

  node(unit: PredictiveUnit, at: readonly (string | number)[]): GraphNode {
    const path = formatPath(at);
    const children = (unit.children ?? []).map((child, index) => this.node(child, [...at, 'children', index]));
    const does = (type: string, method: string) => unit.type === type || (unit.methods?.includes(method) ?? false);
    const endpoint = this.#options.overrideEndpoints?.get(unit.name) ?? this.#endpoints.get(unit.name);
    const transformsInput = does('TRANSFORMER', 'TRANSFORM_INPUT');
    // The other protocols have no call for it.
    const hasFeedback = this.#options.protocol === 'seldon';
    const calls = {
      name: unit.name,
      path,
      children,
      inputCall: transformsInput ? 'transform-input' : unit.type === 'MODEL' ? 'predict' : undefined,
      routing: does('ROUTER', 'ROUTE') ? { by: 'call' } : this.#builtInRouting(unit, path),
      aggregates: does('COMBINER', 'AGGREGATE'),
      transformsOutput: does('OUTPUT_TRANSFORMER', 'TRANSFORM_OUTPUT'),
      takesFeedback:
        endpoint !== undefined && hasFeedback && (unit.type === 'MODEL' || does('ROUTER', 'SEND_FEEDBACK')),
      logger: this.#logger(unit, path),
    } satisfies Omit<GraphNode, 'endpoint'>;
    if (endpoint === undefined && isCalled(calls)) {
      const port = this.#options.transport === 'grpc' ? 'grpcPort' : 'httpPort';
      this.#problem(
        `${path}.endpoint`,
        `unit '${unit.name}' gets calls, and its endpoint names no host and ${port}`,
        `set service_host and ${port} (1 to 65535), or leave out the type and the methods that call it`,
      );
    }
    return { ...calls, endpoint };
  }

  #builtInRouting(unit: PredictiveUnit, path: string): Routing {
    const children = unit.children?.length ?? 0;
    if (unit.implementation !== 'RANDOM_ABTEST' || children === 0) return { by: 'all' };
    const ratioA = this.#ratioA(unit, path);
    if (children < 2 && ratioA < 1) {
      this.#problem(
        `${path}.children`,
        `RANDOM_ABTEST draws between two children, and unit '${unit.name}' has ${children}`,
        'add the second child, or leave out the implementation',
      );
    }
    return { by: 'draw', ratioA };
  }

  /** One parameter named ratioA counts; with none, others or more, it is a half (Seldon's rule). */
  #ratioA(unit: PredictiveUnit, path: string): number {
    const [parameter, ...others] = unit.parameters ?? [];
    if (parameter === undefined || others.length > 0 || parameter.name !== 'ratioA') return 0.5;
    const value = parameter.value.trim();
    const ratio = value === '' ? NaN : Number(value);
    if (Number.isFinite(ratio)) return ratio;
    this.#problem(
      `${path}.parameters[0].value`,
      `ratioA of unit '${unit.name}' is '${parameter.value}', not a number`,
      'set it to the share of requests for the first child, from 0 to 1',
    );
    return 0.5;
  }

  #logger({ name, logger }: PredictiveUnit, path: string): NodeLogger | undefined {
    if (logger === undefined) return undefined;
    const { mode = '', url = '' } = logger;
    if (!LOGGER_MODES.some((known) => known === mode)) {
      const message = mode === '' ? `the logger of unit '${name}' has no mode` : `mode '${mode}' does not exist`;
      this.#problem(`${path}.logger.mode`, message, `set it to ${LOGGER_MODES.join(', ')}`);
    }
    const unusable = url === '' ? undefined : loggerUrlProblem(url);
    if (unusable !== undefined) this.#problem(`${path}.logger.url`, unusable.message, unusable.remedy);
    return { requests: mode !== 'response', responses: mode !== 'request', url: url === '' ? undefined : url };
  }

  #writtenEndpoint(unit: PredictiveUnit): NodeEndpoint | undefined {
    const host = unit.endpoint?.service_host ?? '';
    const own = this.#options.transport === 'grpc' ? unit.endpoint?.grpcPort : unit.endpoint?.httpPort;
    // Documents older than the two ports have service_port alone; Seldon would call port 0.
    const port = own || unit.endpoint?.service_port || 0;
    return host !== '' && Number.isInteger(port) && port > 0 && port < 65_536 ? { host, port } : undefined;
  }

  #problem(path: string, message: string, remedy: string): void {
    this.problems.push({ path, message, remedy });
  }
}

// The path of such a unit would fill pages.
function tooDeep(name: string): Problem {
  const message = `is more than ${MAX_GRAPH_DEPTH} units deep: unit '${name}' stands on level ${MAX_GRAPH_DEPTH + 1}`;
  return { path: 'graph', message, remedy: 'make the graph flatter' };
}

function nameClashes(graph: PredictiveUnit): Problem[] {
  return [...repeatedUnits(graph)].flatMap(({ first, again, clash }) => {
    if (clash === undefined) return [];
    const path = formatPath(['graph', ...again.at, 'name']);
    const message = `two units are named '${again.unit.name}', here and at ${formatPath(['graph', ...first.at])}: ${clash}`;
    return [{ path, message, remedy: 'rename one of them' }];
  });
}

function* depthFirst(node: GraphNode): Generator<GraphNode> {
  yield node;
  for (const child of node.children) yield* depthFirst(child);
}

function hasOneCall(root: GraphNode): boolean {
  return root.children.length === 0 && (root.inputCall !== undefined) !== root.transformsOutput;
}
