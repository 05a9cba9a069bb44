import { createHash } from 'node:crypto';
import { ModelServer, type Behaviour, type ModelCall } from '../../stream/model-server.ts';
import { answerTo, kindOf } from '../requests.ts';

export interface Mood {
  /** Share of calls that are answered with a 5xx. */
  readonly failing: number;
  /** Longest time to an answer, ms. */
  readonly slowestMs: number;
  /** Share of calls that get no answer at all. */
  readonly hanging: number;
}

export const WELL: Mood = { failing: 0, slowestMs: 15, hanging: 0 };
const STATUSES = [500, 502, 503, 504];

/** The model of a run. What it does to a call depends on the call alone: its bytes, and how often it has come. */
export class ChaosModel {
  mood: Mood = WELL;
  readonly #server: ModelServer;

  private constructor() {
    this.#server = new ModelServer((call) => this.#behave(call));
  }

  static async start(): Promise<ChaosModel> {
    const model = new ChaosModel();
    await model.#server.start();
    return model;
  }

  get port(): number {
    return this.#server.port;
  }

  get calls(): number {
    return this.#server.calls;
  }

  /** Breaks the calls under way and refuses connections, until `up`. */
  async down(): Promise<void> {
    await this.#server.stop();
  }

  async up(): Promise<void> {
    await this.#server.start();
  }

  #behave({ body, times }: ModelCall): Behaviour {
    const dice = createHash('sha256').update(body).update(String(times)).digest();
    const roll = (at: number) => dice.readUInt16BE(at) / 0x10000;
    const delayMs = 1 + roll(0) * this.mood.slowestMs;
    if (roll(2) < this.mood.hanging) return 'hang';
    if (roll(4) < this.mood.failing) return { status: STATUSES[dice.readUInt8(6) % STATUSES.length] ?? 500, delayMs };
    switch (kindOf(body)) {
      case 'failing':
        return { status: 500, body: '{"status":{"info":"always"}}', delayMs };
      case 'dropping':
        return 'close';
      case 'plain':
      case 'wide':
        return { body: answerTo(body), delayMs };
      default:
        return { status: 400, body: '{"status":{"info":"no"}}', delayMs };
    }
  }
}
