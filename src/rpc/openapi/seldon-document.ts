import { empty, json, modelParameter, openApiDocument, ref, responses, type Json } from './document.ts';

/** The HTTP API of the seldon protocol. */
export function seldonDocument(deployment: string, version: string): string {
  return openApiDocument({
    title: `SeldonDeployment ${deployment}`,
    description:
      'Predictions of an inference graph. Messages go to the models as they are, whatever their content type.',
    version,
    server: '../../../',
    paths: PATHS,
    schemas: SCHEMAS,
  });
}

const post = (summary: string, request: string): Json => ({
  post: {
    summary,
    requestBody: {
      required: true,
      content: { ...json(ref(request)), 'multipart/form-data': { schema: { type: 'object' } } },
    },
    responses: responses('What the graph answered', ref('SeldonMessage'), 'SeldonMessage'),
  },
});

const get = (summary: string, schema: Json, parameters: readonly Json[] = []): Json => ({
  get: { summary, parameters, responses: responses('What was asked for', schema, 'SeldonMessage') },
});

const ready: Json = {
  get: { summary: 'Whether every model is ready', responses: { 200: empty('Yes'), 503: empty('No') } },
};

const PATHS: Json = {
  '/api/v1.0/predictions': post('Predict', 'SeldonMessage'),
  '/api/v1.0/feedback': post('Tell how good a prediction was', 'Feedback'),
  '/api/v1.0/metadata': get('What the graph takes and gives, and the metadata of its models', { type: 'object' }),
  '/api/v1.0/metadata/{model}': get('Metadata of one model', { type: 'object' }, [modelParameter]),
  '/api/v1.0/status/{model}': get('Status of one model', {}, [modelParameter]),
  '/api/v1.0/health/status': ready,
};

const SCHEMAS: Json = {
  SeldonMessage: {
    type: 'object',
    description: 'At most one of data, binData, strData, jsonData and customData',
    properties: {
      status: ref('Status'),
      meta: ref('Meta'),
      data: ref('Data'),
      binData: { type: 'string', format: 'byte' },
      strData: { type: 'string' },
      jsonData: {},
      customData: { type: 'object' },
    },
  },
  Data: {
    type: 'object',
    description: 'At most one of tensor, ndarray and tftensor',
    properties: {
      names: { type: 'array', items: { type: 'string' } },
      tensor: {
        type: 'object',
        properties: {
          shape: { type: 'array', items: { type: 'integer', format: 'int32' } },
          values: { type: 'array', items: { type: 'number' } },
        },
      },
      ndarray: { type: 'array', items: {} },
      tftensor: { type: 'object' },
    },
  },
  Meta: {
    type: 'object',
    properties: {
      puid: { type: 'string', description: 'Id of the prediction' },
      tags: { type: 'object' },
      routing: { type: 'object', additionalProperties: { type: 'integer', format: 'int32' } },
      requestPath: { type: 'object', additionalProperties: { type: 'string' } },
      metrics: { type: 'array', items: { type: 'object' } },
    },
  },
  Status: {
    type: 'object',
    properties: {
      code: { type: 'integer', format: 'int32' },
      info: { type: 'string' },
      reason: { type: 'string' },
      status: { type: 'string', enum: ['SUCCESS', 'FAILURE'] },
    },
  },
  Feedback: {
    type: 'object',
    properties: {
      request: ref('SeldonMessage'),
      response: ref('SeldonMessage'),
      reward: { type: 'number' },
      truth: ref('SeldonMessage'),
    },
  },
};
