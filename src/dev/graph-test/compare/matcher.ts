/** Stands in an expected value for any value that it says yes to. */
export interface Matcher {
  matches(got: unknown): boolean;
  /** As it is written in the file. */
  toString(): string;
}

/** `!anything`: any value, but one must be there. */
export class Anything implements Matcher {
  matches(): boolean {
    return true;
  }

  toString(): string {
    return '!anything';
  }
}

// What 32-bit floats of a model keep of a number that was written in decimal.
const DEFAULT_TOLERANCE = 1e-6;

/** `!closeTo 0.9` or `!closeTo 0.9 +- 0.01`: a number that is at most the tolerance away. */
export class CloseTo implements Matcher {
  readonly #number: number;
  readonly #tolerance: number;
  readonly #written: string;

  constructor(number: number, tolerance: number | undefined, written: string) {
    this.#number = number;
    this.#tolerance = tolerance ?? DEFAULT_TOLERANCE * Math.max(1, Math.abs(number));
    this.#written = written;
  }

  matches(got: unknown): boolean {
    return typeof got === 'number' && Math.abs(got - this.#number) <= this.#tolerance;
  }

  toString(): string {
    return `!closeTo ${this.#written}`;
  }
}

/** `!regex ^a`: text that the expression finds a place in. */
export class Regex implements Matcher {
  readonly #expression: RegExp;

  constructor(expression: RegExp) {
    this.#expression = expression;
  }

  matches(got: unknown): boolean {
    return typeof got === 'string' && this.#expression.test(got);
  }

  toString(): string {
    return `!regex ${JSON.stringify(this.#expression.source)}`;
  }
}

/** Whether an expected value says what it accepts (`!anything`, `!closeTo`, `!regex`) instead of being compared. */
export function isMatcher(value: unknown): value is Matcher {
  return value instanceof Anything || value instanceof CloseTo || value instanceof Regex;
}
