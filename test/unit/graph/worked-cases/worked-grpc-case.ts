import { readFileSync } from 'node:fs';
import type { JsonValue } from '@bufbuild/protobuf';
import type { PredictorSpec } from '../../../../src/deployment/seldon-deployment.ts';
import type { NodeFailure } from '../../../../src/graph/node-error.ts';
import type { Protocol } from '../../../../src/protocol/payload.ts';

// The worked cases over gRPC, and where we differ from them on purpose: for each of the tests that run them.

export interface ExpectedCall {
  readonly id?: string;
  readonly after?: readonly string[];
  readonly node: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly message: JsonValue;
}

/** What a node answers to the calls of one method. */
export interface GrpcRule {
  readonly path: string;
  readonly message?: JsonValue;
  readonly grpcStatus?: string;
  readonly grpcDetails?: string;
}

export interface RecordValue {
  readonly type: string;
  readonly message: JsonValue;
}

/** A worked case over gRPC, as test/cases/graph-cases.json has it. */
export interface GrpcCase {
  readonly id: string;
  readonly description: string;
  readonly entry: 'http' | 'grpc' | 'kafka';
  readonly protocol: Protocol;
  readonly transport: 'rest' | 'grpc';
  readonly env?: Readonly<Record<string, string>>;
  readonly deployment: { readonly predictor: PredictorSpec };
  readonly nodes: Readonly<Record<string, readonly GrpcRule[]>>;
  readonly input?: {
    readonly method: string;
    readonly metadata: readonly (readonly [string, string])[];
    readonly message: JsonValue;
  };
  readonly records?: readonly {
    readonly valueProto?: RecordValue;
    readonly valueBase64?: string;
    readonly headers: readonly (readonly [string, string])[];
  }[];
  readonly calls: readonly ExpectedCall[];
  readonly output?: { readonly grpcStatus: string; readonly message?: JsonValue };
  readonly produced?: readonly { readonly valueProto: RecordValue }[];
}

/** How requests of a case must fail here, in their order; Seldon's reply does not tell. */
export const FAILURES: Readonly<Record<string, readonly (NodeFailure | undefined)[]>> = {
  'kafka-grpc-dropped-records': [undefined, 'request'],
  'kafka-grpc-unknown-proto-crash': ['request'],
  'kafka-grpc-node-error': ['status'],
};

interface Better {
  readonly why: string;
  readonly nodes?: GrpcCase['nodes'];
  readonly calls: readonly ExpectedCall[];
  readonly produced: readonly RecordValue[];
}

const ONE = { data: { ndarray: [[1]] } };
export const SELDON = 'seldon.protos.SeldonMessage';
const tensor = (value: number) => ({ dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '1' }] }, floatVal: [value] });
const predictCall = (data: JsonValue) => ({ node: 'm', path: '/seldon.protos.Model/Predict', message: data });

/** Where we mean to be better than Seldon, beside its crashes, which are failures of their one request in `FAILURES`. */
export const BETTER: Readonly<Record<string, Better>> = {
  'tf-grpc-regress-unsupported': {
    why: 'a RegressionRequest goes to Regress',
    nodes: {
      m: [
        { path: '/tensorflow.serving.PredictionService/Regress', message: { result: { regressions: [{ value: 1 }] } } },
      ],
    },
    calls: [
      { node: 'm', path: '/tensorflow.serving.PredictionService/Regress', message: { modelSpec: { name: 'm' } } },
    ],
    produced: [{ type: 'tensorflow.serving.RegressionResponse', message: { result: { regressions: [{ value: 1 }] } } }],
  },
  'kafka-grpc-dropped-records': {
    why: 'without proto-name it is the predict request; in any case, and given twice, it is read; only the broken bytes fail',
    calls: [predictCall(ONE), predictCall(ONE), predictCall(ONE), predictCall({ data: { ndarray: [[2]] } })],
    produced: [9, 9, 9, 9].map((value) => ({ type: SELDON, message: { data: { ndarray: [[value]] } } })),
  },
  'kafka-grpc-wrong-registered-proto-crash': {
    why: 'feedback is brought to the nodes',
    nodes: { m: [{ path: '/seldon.protos.Model/SendFeedback', message: { strData: 'noted' } }] },
    calls: [{ node: 'm', path: '/seldon.protos.Model/SendFeedback', message: { reward: 1 } }],
    produced: [{ type: SELDON, message: { strData: 'noted' } }],
  },
  'kafka-grpc-tf-combiner-crash': {
    why: 'a combiner gets the outputs of its children as the inputs of one request',
    nodes: {
      b: [{ path: '/tensorflow.serving.PredictionService/Predict', message: { outputs: { z: tensor(3) } } }],
      c: [{ path: '/tensorflow.serving.PredictionService/Predict', message: { outputs: { mean: tensor(3) } } }],
    },
    calls: [
      {
        id: 'b',
        node: 'b',
        path: '/tensorflow.serving.PredictionService/Predict',
        message: { inputs: { x: tensor(1) } },
      },
      {
        after: ['b'],
        node: 'c',
        path: '/tensorflow.serving.PredictionService/Predict',
        message: { modelSpec: { name: 'c', signatureName: 'aggregate' }, inputs: { '0/z': tensor(3) } },
      },
    ],
    produced: [{ type: 'tensorflow.serving.PredictResponse', message: { outputs: { mean: tensor(3) } } }],
  },
  'kafka-grpc-v2-never-works': {
    why: 'v2 over gRPC works',
    calls: [{ node: 'm', path: '/inference.GRPCInferenceService/ModelInfer', message: { modelName: 'm' } }],
    produced: [{ type: 'inference.ModelInferResponse', message: {} }],
  },
};

export const NOT_THE_GRAPHS: Readonly<Record<string, string>> = {
  'kafka-grpc-null-value': 'a record without a value is an error record of the stream; no graph is walked',
};

const file = new URL('../../../cases/graph-cases.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly GrpcCase[] };
export const grpcCases = cases.filter((one) => one.transport === 'grpc');
