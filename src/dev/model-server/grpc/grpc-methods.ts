import type { GrpcMethod } from './grpc-method.ts';
import { seldonMethods } from './seldon/seldon-methods.ts';
import { tensorflowMethods } from './tensorflow/tensorflow-methods.ts';
import { v2Methods } from './v2/v2-methods.ts';

/** Every method that is served, by its HTTP/2 path. */
export const GRPC_METHODS: ReadonlyMap<string, GrpcMethod> = new Map(
  Object.entries({ ...tensorflowMethods, ...v2Methods, ...seldonMethods }),
);
