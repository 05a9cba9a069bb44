/** JSON, as much of it as an OpenAPI document needs. */
export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

export interface DocumentParts {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  /** From the folder that the document is served in to the root of the API: right behind any ingress. */
  readonly server: string;
  readonly paths: Json;
  readonly schemas: Json;
}

/** An OpenAPI 3 document. */
export function openApiDocument({ title, description, version, server, paths, schemas }: DocumentParts): string {
  const document = {
    openapi: '3.0.3',
    info: { title, description, version },
    servers: [{ url: server }],
    paths,
    components: { schemas },
  };
  return JSON.stringify(document, undefined, 2);
}

/** A reference to one of the document's schemas. */
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** A body of JSON. */
export const json = (schema: Json) => ({ 'application/json': { schema } });

/** What the operation answers, and the error that any of them can answer. */
export function responses(description: string, schema: Json, error: string) {
  return {
    200: { description, content: json(schema) },
    default: { description: 'The status of the model that failed, or 500', content: json(ref(error)) },
  };
}

/** An answer without a body. */
export const empty = (description: string) => ({ description });

/** The `{model}` of a path. */
export const modelParameter = {
  name: 'model',
  in: 'path',
  required: true,
  description: 'Name of a node of the graph',
  schema: { type: 'string' },
} as const;
