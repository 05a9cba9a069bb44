import { createLogUpdate } from 'log-update';
import { secondsText } from '../../amounts.ts';
import { createPaint } from './paint.ts';
import type { LiveView, Screen } from './screen.ts';

const DRAW_EVERY_MS = 100;
const WHEEL = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

interface Step {
  text: string;
  readonly begunMs: number;
}

/** Draws what is under way at the end of the terminal; what is finished stays above it. */
export function terminalScreen(colour: boolean): Screen {
  const paint = createPaint(colour);
  const draw = createLogUpdate(process.stdout);
  const steps = new Set<Step>();
  let live: (() => LiveView) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let turn = 0;

  function redraw(): void {
    const wheel = WHEEL[turn++ % WHEEL.length] ?? '';
    const waiting = [...steps].map(({ text, begunMs }) => {
      const since = secondsText(performance.now() - begunMs);
      return `${paint('cyan', wheel)} ${text} ${paint('dim', since)}`;
    });
    draw([...waiting, ...(live?.().lines ?? [])].join('\n'));
  }

  function update(): void {
    const needed = steps.size > 0 || live !== undefined;
    if (needed && timer === undefined) timer = setInterval(redraw, DRAW_EVERY_MS);
    if (!needed) {
      clearInterval(timer);
      timer = undefined;
      draw.clear();
      draw.done();
    } else redraw();
  }

  return {
    paint,
    print: (text) => draw.persist(text),
    async step(doing, work) {
      const step = { text: doing, begunMs: performance.now() };
      steps.add(step);
      update();
      try {
        const done = await work((text) => (step.text = text));
        const took = paint('dim', `(${secondsText(performance.now() - step.begunMs)})`);
        draw.persist(`${paint('green', '✔')} ${done} ${took}`);
      } finally {
        steps.delete(step);
        update();
      }
    },
    async watch(view, work) {
      live = view;
      update();
      try {
        return await work();
      } finally {
        draw.persist(view().lines.join('\n'));
        live = undefined;
        update();
      }
    },
    close() {
      steps.clear();
      live = undefined;
      update();
    },
  };
}
