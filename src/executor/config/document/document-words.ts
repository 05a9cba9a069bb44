import type { Problem } from '../../../base/errors.ts';
import { readOptions } from '../../../base/options.ts';
import type { SeldonDeployment } from '../../../deployment/seldon-deployment.ts';
import type { Protocol, Transport } from '../../../protocol/payload.ts';
import { executorOptions } from '../options.ts';

export interface DocumentWords {
  readonly protocol: Protocol;
  readonly transport: Transport;
  readonly serverType: 'rpc' | 'kafka';
  readonly problems: readonly Problem[];
}

const wordOptions = {
  protocol: executorOptions.protocol,
  transport: executorOptions.transport,
  server_type: executorOptions.serverType,
};

/** How the predictors of a document are asked, in its own words: what it leaves out is what Seldon's operator fills in. */
export function documentWords({ spec }: SeldonDeployment): DocumentWords {
  // The option declarations judge the document's words, as if they were flags.
  const flags = {
    protocol: spec.protocol || 'seldon',
    transport: spec.transport || 'rest',
    server_type: spec.serverType || 'rpc',
  };
  const { values, problems } = readOptions(wordOptions, { env: {}, flags });
  return {
    protocol: values.protocol === 'kfserving' ? 'v2' : values.protocol,
    transport: values.transport,
    serverType: values.server_type,
    problems: problems.map((problem) => ({ ...problem, path: FIELDS[problem.path] ?? problem.path })),
  };
}

const FIELDS: Readonly<Record<string, string>> = {
  '--protocol': 'spec.protocol',
  '--transport': 'spec.transport',
  '--server_type': 'spec.serverType',
};
