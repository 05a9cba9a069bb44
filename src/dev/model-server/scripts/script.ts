/** Behaviour that needs no model file. Plain data: it goes to the worker threads. */
export type Script =
  | { readonly kind: 'transform'; readonly scale: number; readonly add: number }
  /** `json` is the text of a number, a string, a boolean or of nested lists of one kind of them. */
  | { readonly kind: 'constant'; readonly json: string }
  | { readonly kind: 'route'; readonly branch: number | 'random' | 'hash'; readonly branches: number }
  | { readonly kind: 'combine'; readonly how: Combination };

/** How a combiner makes one answer of several. */
export const COMBINATIONS = ['mean', 'sum', 'concat', 'first'] as const;

export type Combination = (typeof COMBINATIONS)[number];
