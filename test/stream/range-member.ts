// A member of a consumer group that knows only range assignment, as Seldon's executor and older clients do: eager, and without a
// word about what it owns. It reads nothing.
import {
  Connection,
  decodeConsumerProtocolAssignment,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  heartbeatV4,
  joinGroupV9,
  leaveGroupV5,
  syncGroupV5,
} from '@platformatic/kafka';
import { setTimeout as sleep } from 'node:timers/promises';

const SESSION_MS = 6_000;
const REBALANCE_MS = 20_000;
const BEAT_MS = 200;
const NONE = Buffer.alloc(0);

export class RangeMember {
  /** What the group gave it; empty while the group rebalances. */
  assigned: readonly number[] = [];
  /** Called before it gives up what it has, and when it gets some. */
  onChange: (assigned: readonly number[]) => void = () => undefined;
  readonly #group: string;
  readonly #topic: string;
  readonly #partitions: number;
  #connection: Connection | undefined;
  #memberId = '';
  #generation = -1;
  #alive = true;
  #running: Promise<void> | undefined;

  constructor(group: string, topic: string, partitions: number) {
    this.#group = group;
    this.#topic = topic;
    this.#partitions = partitions;
  }

  async start(bootstrap: string): Promise<void> {
    const [host = '', port] = bootstrap.split(':');
    this.#connection = new Connection('range-member', {});
    await this.#connection.connect(host, Number(port));
    this.#running = this.#run(this.#connection);
    this.#running.catch(() => undefined);
  }

  /** Goes away without a word, as a process that is killed. */
  async die(): Promise<void> {
    this.#alive = false;
    await this.#running;
    await this.#connection?.close();
  }

  async leave(): Promise<void> {
    this.#alive = false;
    await this.#running;
    if (this.#connection === undefined) return;
    await leaveGroupV5.api.async(this.#connection, this.#group, [{ memberId: this.#memberId, reason: 'leaving' }]);
    await this.#connection.close();
  }

  async #run(connection: Connection): Promise<void> {
    while (this.#alive) {
      this.#change([]);
      if (!(await this.#join(connection))) continue;
      while (this.#alive && (await this.#beat(connection))) await sleep(BEAT_MS);
    }
  }

  async #join(connection: Connection): Promise<boolean> {
    const metadata = encodeConsumerProtocolSubscription({ version: 0, topics: [this.#topic], userData: NONE });
    const protocols = [{ name: 'range', metadata }];
    try {
      const joined = await joinGroupV9.api.async(
        connection,
        this.#group,
        SESSION_MS,
        REBALANCE_MS,
        this.#memberId,
        null,
        'consumer',
        protocols,
        null,
      );
      this.#memberId = joined.memberId;
      this.#generation = joined.generationId;
      const leads = joined.leader === joined.memberId;
      const assignments = leads ? this.#assign(joined.members.map(({ memberId }) => memberId)) : [];
      const synced = await syncGroupV5.api.async(
        connection,
        this.#group,
        this.#generation,
        this.#memberId,
        null,
        'consumer',
        'range',
        assignments,
      );
      const { assignedPartitions } = decodeConsumerProtocolAssignment(synced.assignment);
      this.#change(assignedPartitions.flatMap(({ partitions }) => partitions));
      return true;
    } catch (error) {
      const given = (error as { response?: { memberId?: string } }).response?.memberId;
      if (given) this.#memberId = given;
      return false;
    }
  }

  #assign(memberIds: readonly string[]) {
    const each = Math.ceil(this.#partitions / memberIds.length);
    return [...memberIds].sort().map((memberId, index) => {
      const partitions = Array.from({ length: this.#partitions }, (_, partition) => partition).slice(
        index * each,
        (index + 1) * each,
      );
      const assignedPartitions = [{ topic: this.#topic, partitions }];
      return {
        memberId,
        assignment: encodeConsumerProtocolAssignment({ version: 0, assignedPartitions, userData: NONE }),
      };
    });
  }

  async #beat(connection: Connection): Promise<boolean> {
    return heartbeatV4.api.async(connection, this.#group, this.#generation, this.#memberId, null).then(
      () => true,
      () => false,
    );
  }

  #change(assigned: readonly number[]): void {
    this.assigned = assigned;
    this.onChange(assigned);
  }
}
