/** Why the process is stuck and should be started again, one sentence each; empty while it lives. */
export type Liveness = () => readonly string[];

/** Whether the process can do its work now; if not, why, one sentence each. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}
