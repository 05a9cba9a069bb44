import type { NodeMethod } from '../../../protocol/node-method.ts';
import type { ScriptedAnswer } from '../format/graph-test.ts';

/** What one node answers in one test: each call gets the first answer that is for it and not used up. */
export class NodeScript {
  readonly #answers: readonly ScriptedAnswer[];
  readonly #used = new Map<ScriptedAnswer, number>();

  constructor(answers: readonly ScriptedAnswer[]) {
    this.#answers = answers;
  }

  /** Undefined when no answer is left for this call. */
  take(method: NodeMethod, path: string): ScriptedAnswer | undefined {
    const found = this.#answers.find(
      (answer) =>
        (answer.method ?? method) === method &&
        (answer.path ?? path) === path &&
        (this.#used.get(answer) ?? 0) < answer.times,
    );
    if (found !== undefined) this.#used.set(found, (this.#used.get(found) ?? 0) + 1);
    return found;
  }

  /** Answers that no call has got, but those that are there for whichever test needs them. */
  unused(): ScriptedAnswer[] {
    return this.#answers.filter((answer) => !answer.isDefault && !this.#used.has(answer));
  }
}
