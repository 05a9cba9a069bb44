import type { Job } from './job.ts';

/**
 * Jobs whose results must leave in the order in which they came: those of one key, or of one partition. They run in parallel;
 * a result waits here until all before it have left.
 */
export class Shard {
  #first: Job | undefined;
  #last: Job | undefined;

  get empty(): boolean {
    return this.#first === undefined;
  }

  /** Gives the job its place in the order. */
  join(job: Job): void {
    job.shard = this;
    if (this.#last === undefined) this.#first = job;
    else this.#last.following = job;
    this.#last = job;
  }

  /** Takes out the ended jobs at the head: those whose turn has come, in order. */
  release(): Job[] {
    const released: Job[] = [];
    while (this.#first?.ended) {
      const job = this.#first;
      this.#first = job.following;
      job.following = undefined;
      released.push(job);
    }
    if (this.#first === undefined) this.#last = undefined;
    return released;
  }
}
