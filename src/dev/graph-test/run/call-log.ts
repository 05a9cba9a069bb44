import type { NodeMethod } from '../../../protocol/node-method.ts';
import type { ScriptedAnswer } from '../format/graph-test.ts';
import type { NodeScript } from './node-script.ts';
import type { SeenCall } from './seen-call.ts';

/** Writes down the calls of one test, in one order for all nodes, and finds what they are answered. */
export class CallLog {
  readonly calls: SeenCall[] = [];
  /** Calls that nothing is written for. */
  readonly unanswered: SeenCall[] = [];
  /** Answers that could not be sent, and why. */
  readonly faults: string[] = [];
  readonly #scripts: ReadonlyMap<string, NodeScript>;
  /** Calls on their way: the path alone does not tell a transformer's two calls apart in every protocol. */
  readonly #announced = new Map<string, NodeMethod[]>();
  #ticks = 0;

  constructor(scripts: ReadonlyMap<string, NodeScript>) {
    this.#scripts = scripts;
  }

  tick(): number {
    return this.#ticks++;
  }

  /** The graph is about to make this call. */
  announce(node: string, method: NodeMethod): void {
    const announced = this.#announced.get(node);
    if (announced === undefined) this.#announced.set(node, [method]);
    else announced.push(method);
  }

  /** The answer does not fit the call that was to get it. */
  refused({ line }: ScriptedAnswer, reason: string): void {
    this.faults.push(`the answer of line ${line} cannot be sent: ${reason}`);
  }

  /** A call has come; the answer is undefined when none is left for it. */
  received(seen: Omit<SeenCall, 'method' | 'ended'>): {
    readonly call: SeenCall;
    readonly answer: ScriptedAnswer | undefined;
  } {
    const method = this.#announced.get(seen.node)?.shift() ?? 'predict';
    const call: SeenCall = { ...seen, method, ended: Infinity };
    this.calls.push(call);
    const answer = this.#scripts.get(seen.node)?.take(method, seen.path);
    if (answer === undefined) this.unanswered.push(call);
    return { call, answer };
  }
}
