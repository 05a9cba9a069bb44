/** The parts of a graph that a model server can play. */
export const ROLES = ['model', 'transformer', 'output-transformer', 'router', 'combiner'] as const;

export type Role = (typeof ROLES)[number];

/** What a call asks for: an answer to a message, a branch for it, or one answer made of several. */
export type Step = 'infer' | 'route' | 'aggregate';

/** The step that a role takes. */
export function stepOf(role: Role): Step {
  if (role === 'router') return 'route';
  return role === 'combiner' ? 'aggregate' : 'infer';
}

/** Roles that answer a message with a message. */
export const INFERRING: readonly Role[] = ['model', 'transformer', 'output-transformer'];
