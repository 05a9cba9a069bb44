import type { NodeMethod } from '../../../protocol/node-method.ts';

/** A call that has come to a node. */
export interface SeenCall {
  readonly node: string;
  readonly method: NodeMethod;
  readonly path: string;
  /** Name and value in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** As it came, compressed or not. */
  readonly body: Buffer;
  /** Full name of the protobuf message that the body is; undefined over HTTP. */
  readonly messageName: string | undefined;
  /** Places in one order of everything that began and ended; `ended` is Infinity until the answer is out. */
  readonly began: number;
  ended: number;
}

/** All values of a header, joined; undefined when there is none. */
export function headerOf({ rawHeaders }: SeenCall, name: string): string | undefined {
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === name.toLowerCase()) values.push(rawHeaders[i + 1] ?? '');
  }
  return values.length === 0 ? undefined : values.join(', ');
}
