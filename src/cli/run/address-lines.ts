import type { ExecutorConfig } from '../../executor/config/executor-config.ts';
import type { Fronts } from '../../executor/fronts.ts';
import type { Protocol } from '../../protocol/payload.ts';

/** Where a predictor is asked, and a request of its protocol by each way, ready for the shell. What is in it is an example. */
export function addressLines(config: ExecutorConfig, { http, grpc }: Fronts): string[] {
  const { protocol, predictor, tls } = config;
  const { name, children = [] } = predictor.graph;
  // A name in the path or in the message would be every node's.
  const model = children.length === 0 ? name : '';
  const host = shown(config.http.host);
  const url = `${tls ? 'https' : 'http'}://${host}:${http.port}`;
  const target = `${host}:${grpc?.port}`;
  const lines = [`HTTP  ${url}${http.predicts ? '' : NOT_ASKED}`];
  if (grpc) lines.push(`gRPC  ${target}${grpc.predicts ? '' : NOT_ASKED}`);
  if (http.predicts) {
    const { path, body } = HTTP_EXAMPLE[protocol](encodeURIComponent(model));
    const header = "-H 'Content-Type: application/json'";
    lines.push(`  curl ${tls ? '--insecure ' : ''}${url}${path} ${header} -d '${JSON.stringify(body)}'`);
  }
  if (grpc?.predicts) {
    const { method, message } = GRPC_EXAMPLE[protocol](model);
    const security = tls ? '-insecure' : '-plaintext';
    lines.push(`  grpcurl ${security} -d ${quoted(JSON.stringify(message))} ${target} ${method}`);
  }
  return lines;
}

const NOT_ASKED = '  (no predictions: the document does not say where the models are asked this way)';

function shown(host: string): string {
  if (host === '::' || host === '0.0.0.0') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const SELDON_MESSAGE = { data: { ndarray: [[1, 2, 3]] } };

const HTTP_EXAMPLE: Readonly<Record<Protocol, (model: string) => { readonly path: string; readonly body: object }>> = {
  seldon: () => ({ path: '/api/v1.0/predictions', body: SELDON_MESSAGE }),
  tensorflow: (model) => ({ path: `/v1/models/${model}:predict`, body: { instances: [[1, 2, 3]] } }),
  v2: (model) => ({
    path: model === '' ? '/v2/models/infer' : `/v2/models/${model}/infer`,
    body: { inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }] },
  }),
};

const GRPC_EXAMPLE: Readonly<
  Record<Protocol, (model: string) => { readonly method: string; readonly message: object }>
> = {
  seldon: () => ({ method: 'seldon.protos.Seldon/Predict', message: SELDON_MESSAGE }),
  tensorflow: (model) => ({
    method: 'tensorflow.serving.PredictionService/Predict',
    message: {
      ...(model !== '' && { modelSpec: { name: model } }),
      inputs: { input: { dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: 1 }, { size: 3 }] }, floatVal: [1, 2, 3] } },
    },
  }),
  v2: (model) => ({
    method: 'inference.GRPCInferenceService/ModelInfer',
    message: {
      ...(model !== '' && { modelName: model }),
      inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3], contents: { fp32Contents: [1, 2, 3] } }],
    },
  }),
};
