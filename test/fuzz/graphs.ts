import type { Role } from '../../src/dev/model-server/role.ts';

/** A graph that looks into messages at every step; or one model, where they pass as they are. */
export type GraphKind = (typeof GRAPH_KINDS)[number];
export const GRAPH_KINDS = ['graph', 'single'] as const;

/** The nodes of the graph, and what each is. */
export const NODES: readonly { readonly name: string; readonly role: Role }[] = [
  { name: 'transformer', role: 'transformer' },
  { name: 'router', role: 'router' },
  { name: 'combiner', role: 'combiner' },
  { name: 'model-a', role: 'model' },
  { name: 'model-b', role: 'model' },
  { name: 'output', role: 'output-transformer' },
  { name: 'model-c', role: 'model' },
];

/** What stands behind `graph:` in a document, in one line. */
export function graphText(kind: GraphKind, portOf: (node: string) => number): string {
  const unit = (name: string, type: string, ...children: readonly string[]) =>
    `{name: ${name}, type: ${type}, endpoint: {service_host: 127.0.0.1, service_port: ${portOf(name)}}` +
    `${children.length === 0 ? '' : `, children: [${children.join(', ')}]`}}`;
  if (kind === 'single') return unit('model-a', 'MODEL');
  const combined = unit('combiner', 'COMBINER', unit('model-a', 'MODEL'), unit('model-b', 'MODEL'));
  const transformed = unit('output', 'OUTPUT_TRANSFORMER', unit('model-c', 'MODEL'));
  return unit('transformer', 'TRANSFORMER', unit('router', 'ROUTER', combined, transformed));
}
