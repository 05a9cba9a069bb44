import { brokerRecovered, brokerTrouble, type BrokerTrouble, type ConnectionRole } from '../channels.ts';

/** Something that waits for a broker now. */
export interface OpenTrouble {
  readonly role: ConnectionRole;
  /** Node id; undefined where no broker in particular is meant. */
  readonly broker: number | undefined;
  readonly error: string;
  readonly forMs: number;
}

interface Trouble {
  readonly role: ConnectionRole;
  readonly broker: number | undefined;
  readonly sinceMs: number;
  error: string;
}

/**
 * Which brokers cannot be used for what, each by itself: that one broker answers says nothing of another. Publishes what begins
 * and what has passed.
 */
export class Troubles {
  readonly #open = new Map<string, Trouble>();
  readonly #report: ((trouble: BrokerTrouble) => void) | undefined;

  /** @param report gets the troubles in the place of the channels' listeners */
  constructor(report?: (trouble: BrokerTrouble) => void) {
    this.#report = report;
  }

  get open(): readonly OpenTrouble[] {
    const now = performance.now();
    return [...this.#open.values()].map(({ role, broker, error, sinceMs }) => {
      return { role, broker, error, forMs: now - sinceMs };
    });
  }

  /** An attempt failed, and the next one comes. */
  failed(trouble: BrokerTrouble): void {
    const { role, broker, error } = trouble;
    const key = keyOf(role, broker);
    const known = this.#open.get(key);
    if (known === undefined) this.#open.set(key, { role, broker, error, sinceMs: performance.now() });
    else known.error = error;
    if (this.#report !== undefined) this.#report(trouble);
    else if (brokerTrouble.hasSubscribers) brokerTrouble.publish(trouble);
  }

  /** The last request went well, or nothing is wanted of the broker any longer. */
  passed(role: ConnectionRole, broker: number | undefined): void {
    // Called after every request that went well.
    if (this.#open.size === 0) return;
    const key = keyOf(role, broker);
    const trouble = this.#open.get(key);
    if (trouble === undefined) return;
    this.#open.delete(key);
    if (this.#report !== undefined || !brokerRecovered.hasSubscribers) return;
    const left = [...this.#open.values()].filter((other) => other.role === role).length;
    brokerRecovered.publish({ role, broker, downMs: performance.now() - trouble.sinceMs, left });
  }
}

function keyOf(role: ConnectionRole, broker: number | undefined): string {
  return `${role} ${broker ?? ''}`;
}
