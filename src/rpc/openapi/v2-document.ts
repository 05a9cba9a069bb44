import { empty, json, modelParameter, openApiDocument, ref, responses, type Json } from './document.ts';

/** The HTTP API of the v2 protocol, as far as an executor serves it. */
export function v2Document(deployment: string, version: string): string {
  return openApiDocument({
    title: `SeldonDeployment ${deployment}`,
    description: 'Predictions of an inference graph over the open inference (v2) protocol.',
    version,
    server: '../../',
    paths: PATHS,
    schemas: SCHEMAS,
  });
}

const infer = (summary: string, parameters: readonly Json[]): Json => ({
  post: {
    summary,
    parameters,
    requestBody: { required: true, content: json(ref('InferenceRequest')) },
    responses: responses('What the graph answered', ref('InferenceResponse'), 'Failure'),
  },
});

const ready = (summary: string, parameters: readonly Json[]): Json => ({
  get: { summary, parameters, responses: { 200: empty('Yes'), default: empty('No') } },
});

const PATHS: Json = {
  '/v2/models/infer': infer('Predict', []),
  '/v2/models/{model}/infer': infer('Predict, with another name for the models', [modelParameter]),
  '/v2/models/{model}/ready': ready('Whether one model is ready', [modelParameter]),
  '/v2/models/{model}': {
    get: {
      summary: 'Metadata of one model',
      parameters: [modelParameter],
      responses: responses('Its inputs and outputs', ref('ModelMetadata'), 'Failure'),
    },
  },
  '/v2': {
    get: { summary: 'Who answers', responses: responses('Name and version', ref('ServerMetadata'), 'Failure') },
  },
  '/v2/health/ready': ready('Whether every model is ready', []),
  '/v2/health/live': ready('Whether the server is alive', []),
};

const SHAPE: Json = { type: 'array', items: { type: 'integer', format: 'int64' } };

const tensor = (required: readonly string[], more: { readonly [key: string]: Json }): Json => ({
  type: 'object',
  required,
  properties: { name: { type: 'string' }, shape: SHAPE, datatype: { type: 'string' }, ...more },
});

const PARAMETERS: Json = { type: 'object', additionalProperties: true };
const DATA: Json = { parameters: PARAMETERS, data: { type: 'array', items: {} } };

const SCHEMAS: Json = {
  InferenceRequest: {
    type: 'object',
    required: ['inputs'],
    properties: {
      id: { type: 'string' },
      parameters: PARAMETERS,
      inputs: { type: 'array', items: tensor(['name', 'shape', 'datatype', 'data'], DATA) },
      outputs: {
        type: 'array',
        items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, parameters: PARAMETERS } },
      },
    },
  },
  InferenceResponse: {
    type: 'object',
    required: ['outputs'],
    properties: {
      model_name: { type: 'string' },
      model_version: { type: 'string' },
      id: { type: 'string' },
      parameters: PARAMETERS,
      outputs: { type: 'array', items: tensor(['name', 'shape', 'datatype', 'data'], DATA) },
    },
  },
  ModelMetadata: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string' },
      versions: { type: 'array', items: { type: 'string' } },
      platform: { type: 'string' },
      inputs: { type: 'array', items: tensor(['name', 'shape', 'datatype'], {}) },
      outputs: { type: 'array', items: tensor(['name', 'shape', 'datatype'], {}) },
    },
  },
  ServerMetadata: {
    type: 'object',
    required: ['name', 'version', 'extensions'],
    properties: {
      name: { type: 'string' },
      version: { type: 'string' },
      extensions: { type: 'array', items: { type: 'string' } },
    },
  },
  Failure: {
    type: 'object',
    description: "What the model answered, or the executor's own status",
    properties: {
      status: {
        type: 'object',
        properties: { code: { type: 'integer' }, info: { type: 'string' }, status: { type: 'string' } },
      },
    },
  },
};
