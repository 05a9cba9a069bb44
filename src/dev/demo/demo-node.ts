import { problemsError } from '../../base/errors.ts';
import { readOptions } from '../../base/options.ts';
import { modelServerOptions } from '../model-server/options.ts';
import { startModelServer } from '../model-server/server.ts';
import { startChild, type ChildSetting } from './demo-children.ts';
import type { PlacedNode } from './demo-plan.ts';

/** A node's model server that runs. */
export interface DemoNodeServer {
  /** Calls back when it ends without having been asked to. */
  onFailure(report: (error: Error) => void): void;
}

/**
 * Starts the model server of a node: a model in a process of its own, for the time that its inference takes; a script here, since
 * a graph of many nodes should not need as many processes.
 *
 * @param defer is given what ends it, before it is ready too
 * @throws MillraceError when it cannot be started, or is not ready in time; the signal's reason when that is aborted
 */
export async function startDemoNode(
  setting: ChildSetting,
  node: PlacedNode,
  defer: (end: () => Promise<void>) => void,
  readyTimeoutMs: number,
  signal: AbortSignal,
): Promise<DemoNodeServer> {
  const { name, flags, port, grpcPort } = node;
  if (flags['model'] === undefined) {
    const { values, problems } = readOptions(modelServerOptions, { env: {}, flags });
    if (problems.length > 0) throw problemsError(`node ${name} cannot be played:`, 'DEMO_NODE', problems);
    const ports = { port, grpc: grpcPort !== undefined, grpcPort: grpcPort ?? 0 };
    const server = await startModelServer({ ...values, name, ...ports });
    defer(async () => server.close());
    // It lives as long as this process.
    return { onFailure: () => undefined };
  }
  const grpc = grpcPort === undefined ? ['--no-grpc'] : ['--grpc-port', String(grpcPort)];
  const command = ['model-server', '--name', name, ...commandLine(flags), '--port', String(port), ...grpc];
  const child = startChild(setting, command, `http://127.0.0.1:${port}/v2/health/ready`, NO_TELEMETRY, name);
  defer(async () => child.kill());
  await child.ready(readyTimeoutMs, signal);
  return child;
}

// ONNX Runtime reports its use to its maker, and leaves files in the home and the temporary directory for that, unless told not to.
const NO_TELEMETRY = { ORT_DISABLE_TELEMETRY: '1' };

const SWITCHES = new Set<string | undefined>(
  Object.values(modelServerOptions).flatMap((spec) => (spec.kind === 'boolean' ? [spec.flag] : [])),
);

function commandLine(flags: Readonly<Record<string, string>>): string[] {
  return Object.entries(flags).flatMap(([flag, value]) => {
    if (!SWITCHES.has(flag)) return [`--${flag}`, value];
    return value === 'true' ? [`--${flag}`] : [];
  });
}
