import { styleText } from 'node:util';

const LEVEL_COLOURS = { debug: 'dim', info: 'cyan', warn: 'yellow', error: 'red', fatal: 'red' } as const;

/** A JSON log line as people read it: `12:03:04.250 warn  kafka: message  topic=requests`. */
export function peopleLine(json: string, colours: boolean): string {
  const { level, ts, logger, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const name = String(level);
  const paint = (format: 'dim' | 'cyan' | 'yellow' | 'red', text: string) =>
    colours ? styleText(format, text, { validateStream: false }) : text;
  const time = new Date(Number(ts) * 1000);
  const clock = `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  const colour = Object.hasOwn(LEVEL_COLOURS, name) ? LEVEL_COLOURS[name as keyof typeof LEVEL_COLOURS] : 'dim';
  const who = logger === undefined ? '' : `${String(logger)}: `;
  const details = Object.entries(fields).map(([key, value]) => `${key}=${fieldText(value)}`);
  const tail = details.length === 0 ? '' : `  ${paint('dim', details.join(' '))}`;
  return `${paint('dim', clock)} ${paint(colour, name.padEnd(5))} ${who}${String(msg)}${tail}`;
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w./:,@+-]+$/.test(text) ? text : JSON.stringify(value);
}
