import type { Cluster } from '../cluster/cluster.ts';
import { ClassicMember } from './classic/classic-member.ts';
import { ConsumerMember } from './consumer-protocol/consumer-member.ts';
import type { GroupMember, GroupMemberHandler } from './group-member.ts';
import type { GroupMemberOptions } from './group-options.ts';

/** Kafka's two ways to be in a group: members share the partitions among themselves, or the brokers do (KIP-848). */
export type GroupKind = 'classic' | 'consumer';

/** A member that has not joined yet. */
export function openMember(
  cluster: Cluster,
  options: GroupMemberOptions,
  kind: GroupKind,
  handler: GroupMemberHandler,
): GroupMember {
  return kind === 'consumer'
    ? new ConsumerMember(cluster, options, handler)
    : new ClassicMember(cluster, options, handler);
}
