/** Whether the process can do its work now; if not, why, one sentence each. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}
