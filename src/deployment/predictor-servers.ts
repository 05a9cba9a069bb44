/** Key `predictor_servers` of the operator's config map: which image serves a prepackaged server in which protocol. */
export interface PredictorServer {
  readonly protocols: Readonly<Record<string, ServerImage | undefined>>;
}

export interface ServerImage {
  readonly image: string;
  readonly defaultImageVersion?: string;
}

export type PredictorServers = Readonly<Record<string, PredictorServer | undefined>>;

/** What the Helm chart of Seldon Core 1.17.1 installs. */
export const seldonPredictorServers: PredictorServers = {
  SKLEARN_SERVER: wrapperOr('seldonio/sklearnserver', 'sklearn'),
  XGBOOST_SERVER: wrapperOr('seldonio/xgboostserver', 'xgboost'),
  MLFLOW_SERVER: wrapperOr('seldonio/mlflowserver', 'mlflow'),
  TENSORFLOW_SERVER: {
    protocols: {
      seldon: { image: 'seldonio/tfserving-proxy', defaultImageVersion: '1.17.1' },
      tensorflow: { image: 'tensorflow/serving', defaultImageVersion: '2.1.0' },
    },
  },
  TRITON_SERVER: {
    protocols: { v2: { image: 'nvcr.io/nvidia/tritonserver', defaultImageVersion: '21.08-py3' } },
  },
  HUGGINGFACE_SERVER: { protocols: { v2: mlserver('huggingface') } },
  TEMPO_SERVER: { protocols: { v2: mlserver('slim') } },
};

function wrapperOr(image: string, runtime: string): PredictorServer {
  return { protocols: { seldon: { image, defaultImageVersion: '1.17.1' }, v2: mlserver(runtime) } };
}

function mlserver(runtime: string): ServerImage {
  return { image: 'seldonio/mlserver', defaultImageVersion: `1.3.5-${runtime}` };
}

/** The prepackaged server of that name; undefined for the name of any other implementation. */
export function findPredictorServer(servers: PredictorServers, name: string): PredictorServer | undefined {
  return Object.hasOwn(servers, name) ? servers[name] : undefined;
}

/** The protocols that a server has an image for. */
export function protocolsOf(servers: PredictorServers, name: string): readonly string[] {
  return Object.keys(findPredictorServer(servers, name)?.protocols ?? {});
}

/** The image for a server and a protocol, or undefined; `v2` and `kfserving` stand for each other, empty is `seldon`. */
export function serverImage(servers: PredictorServers, name: string, protocol = 'seldon'): string | undefined {
  const protocols = findPredictorServer(servers, name)?.protocols ?? {};
  const wanted = protocol || 'seldon';
  const twin = wanted === 'v2' ? 'kfserving' : wanted === 'kfserving' ? 'v2' : undefined;
  const entry = (key: string) => (Object.hasOwn(protocols, key) ? protocols[key] : undefined);
  const found = entry(wanted) ?? (twin === undefined ? undefined : entry(twin));
  if (found === undefined) return undefined;
  return found.defaultImageVersion ? `${found.image}:${found.defaultImageVersion}` : found.image;
}
