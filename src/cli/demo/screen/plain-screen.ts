import { secondsText } from '../../amounts.ts';
import { print } from '../../print.ts';
import { createPaint } from './paint.ts';
import type { LiveView, Screen } from './screen.ts';

const LINE_EVERY_MS = 2_000;

/** Lines one after the other, for logs and pipes: a step when it has ended, a stream every two seconds. */
export function plainScreen(): Screen {
  let timer: NodeJS.Timeout | undefined;
  return {
    paint: createPaint(false),
    print,
    async step(_doing, work) {
      const begunMs = performance.now();
      const done = await work((text) => print(`  ${text}`));
      print(`- ${done} (${secondsText(performance.now() - begunMs)})`);
    },
    async watch<T>(view: () => LiveView, work: () => Promise<T>) {
      timer = setInterval(() => print(`  ${view().plain}`), LINE_EVERY_MS);
      try {
        return await work();
      } finally {
        clearInterval(timer);
        print(`  ${view().plain}`);
      }
    },
    close: () => clearInterval(timer),
  };
}
