import { problemsError, type Problem } from '../base/errors.ts';
import { loggerUrlProblem } from '../deployment/logger-url.ts';
import { MAX_GRAPH_DEPTH } from '../deployment/graph-units.ts';
import { formatPath } from '../deployment/path.ts';
import { LOGGER_MODES, type PredictiveUnit, type PredictorSpec } from '../deployment/seldon-deployment.ts';
import type { Protocol, Transport } from '../protocol/payload.ts';
import { isCalled, type Graph, type GraphNode, type NodeLogger, type Routing } from './graph.ts';
import type { NodeEndpoint } from './model-client.ts';

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
 *   logger without a known mode or with a URL that cannot be used
 */
export function compileGraph(predictor: PredictorSpec, options: CompileOptions): Graph {
  const compiler = new Compiler(options);
  const root = compiler.node(predictor.graph, ['graph']);
  if (root === undefined || compiler.problems.length > 0) {
    throw problemsError(`the graph of predictor '${predictor.name}' cannot run`, 'GRAPH_INVALID', compiler.problems);
  }
  const { protocol, transport } = options;
  return { root, nodes: [...depthFirst(root)], protocol, transport, isSingleModel: hasOneCall(root) };
}

class Compiler {
  readonly problems: Problem[] = [];
  readonly #options: CompileOptions;

  constructor(options: CompileOptions) {
    this.#options = options;
  }

  node(unit: PredictiveUnit, at: readonly (string | number)[]): GraphNode | undefined {
    const path = formatPath(at);
    if (at.length > 2 * MAX_GRAPH_DEPTH - 1) {
      // The path itself would fill pages.
      this.#problem('graph', tooDeep(unit.name), 'make the graph flatter');
      return undefined;
    }
    const children: GraphNode[] = [];
    unit.children?.forEach((child, index) => {
      const node = this.node(child, [...at, 'children', index]);
      if (node !== undefined) children.push(node);
    });
    const does = (type: string, method: string) => unit.type === type || (unit.methods?.includes(method) ?? false);
    const endpoint = this.#endpoint(unit);
    const transformsInput = does('TRANSFORMER', 'TRANSFORM_INPUT');
    const calls = {
      name: unit.name,
      path,
      children,
      inputCall: transformsInput ? 'transform-input' : unit.type === 'MODEL' ? 'predict' : undefined,
      routing: does('ROUTER', 'ROUTE') ? { by: 'call' } : this.#builtInRouting(unit, path),
      aggregates: does('COMBINER', 'AGGREGATE'),
      transformsOutput: does('OUTPUT_TRANSFORMER', 'TRANSFORM_OUTPUT'),
      takesFeedback: endpoint !== undefined && (unit.type === 'MODEL' || does('ROUTER', 'SEND_FEEDBACK')),
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

  #endpoint(unit: PredictiveUnit): NodeEndpoint | undefined {
    const override = this.#options.overrideEndpoints?.get(unit.name);
    if (override !== undefined) return override;
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

const tooDeep = (name: string) =>
  `is more than ${MAX_GRAPH_DEPTH} units deep: unit '${name}' stands on level ${MAX_GRAPH_DEPTH + 1}`;

function* depthFirst(node: GraphNode): Generator<GraphNode> {
  yield node;
  for (const child of node.children) yield* depthFirst(child);
}

function hasOneCall(root: GraphNode): boolean {
  return root.children.length === 0 && (root.inputCall !== undefined) !== root.transformsOutput;
}
