/** What a client may ask about one model. */
export type ModelQuestion = 'status' | 'metadata';

/** The calls a node can get (Seldon's predictive unit methods), and the questions about its model. */
export type NodeMethod =
  'predict' | 'transform-input' | 'transform-output' | 'route' | 'aggregate' | 'send-feedback' | ModelQuestion;
