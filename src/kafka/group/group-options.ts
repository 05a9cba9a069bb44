/** How a member takes part in its group. */
export interface GroupMemberOptions {
  readonly group: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Static membership; empty for none. */
  readonly instanceId: string;
}
