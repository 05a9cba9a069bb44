/** A consumer's place in its group: then the broker takes its offsets only while the group has given it nothing else. */
export interface GroupPlace {
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId: string | null;
}
