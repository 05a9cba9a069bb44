import type { Paint } from './paint.ts';

/** Where the demo shows what it does: a terminal that is drawn anew, or plain lines. */
export interface Screen {
  readonly paint: Paint;
  /** A line (or several) that stays. */
  print(text: string): void;
  /**
   * Something that takes a while. What is told meanwhile is shown; the text it ends with stays, with the time it took.
   * Several may be under way.
   */
  step(doing: string, work: (tell: (text: string) => void) => Promise<string>): Promise<void>;
  /** Shows what `view` returns, again and again, while the work goes on. */
  watch<T>(view: () => LiveView, work: () => Promise<T>): Promise<T>;
  /** Takes away what is drawn, and gives the cursor back. */
  close(): void;
}

/** The same state in both forms. */
export interface LiveView {
  readonly lines: readonly string[];
  readonly plain: string;
}
