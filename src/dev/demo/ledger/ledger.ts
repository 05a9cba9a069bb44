import type { ArrivedRecord } from './arrived-record.ts';
import type { DemoRequest } from './demo-request.ts';
import { agree, likeliest, readPrediction } from './prediction.ts';
import { RequestBook } from './request-book.ts';

/** A request that ended in the error topic. */
export interface Rejection {
  readonly request: DemoRequest;
  readonly record: ArrivedRecord;
}

/** The demo's requests with what came back: a result for each picture and an error record for each malformed request. */
export class Ledger extends RequestBook<DemoRequest> {
  readonly rejections: Rejection[] = [];
  /** The first answer for each picture. */
  readonly answers = new Map<number, readonly number[]>();
  /** Class that is likeliest; -1 without a right-shaped result. */
  readonly predicted: Int16Array;
  readonly #classes: number;

  /**
   * @param topic the input topic, which must have been empty
   * @param classes of the model: how many numbers a prediction has
   */
  constructor(requests: readonly DemoRequest[], topic: string, classes: number) {
    super(requests, topic);
    this.#classes = classes;
    this.predicted = new Int16Array(requests.length).fill(-1);
  }

  protected override answered(request: DemoRequest, record: ArrivedRecord, index: number): void {
    if (request.malformed) return this.problem(`${request.key} (${request.malformed.what}) has a result`);
    const prediction = readPrediction(record.value, this.#classes);
    if (!prediction.ok) return this.problem(`the result of ${request.key} ${prediction.problem}`);
    const { probabilities } = prediction;
    this.predicted[index] = likeliest(probabilities);
    const before = this.answers.get(request.image);
    if (before === undefined) this.answers.set(request.image, probabilities);
    else if (!agree(before, probabilities))
      this.problem(`${request.key} has another answer than the same picture before`);
  }

  protected override rejected(request: DemoRequest, record: ArrivedRecord): void {
    this.rejections.push({ request, record });
    if (request.malformed === undefined) this.problem(`${request.key} failed: ${record.code} ${record.message}`);
    else if (record.code === '') this.problem(`the error record of ${request.key} has no code`);
  }
}
