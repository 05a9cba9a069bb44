import Table from 'cli-table3';
import { flatness, SERIES, type Flatness, type SoakSample } from './series.ts';

const BARS = '▁▂▃▄▅▆▇█';
const WIDTH = 40;

/** A table of what was held, with a line of bars each. */
export function soakTable(samples: readonly SoakSample[]): string {
  const table = new Table({
    head: ['', '2nd quarter', 'last quarter', 'most', 'from the first to the last sample, from 0 up', ''],
    style: { head: [], border: [] },
  });
  for (const one of measured(samples)) {
    const { series, values, second, last, most, isFlat } = one;
    const shown = (value: number) => `${value.toFixed(series.unit === 'MB' ? 1 : 0)} ${series.unit}`.trim();
    table.push([series.name, shown(second), shown(last), shown(most), bars(values), isFlat ? 'flat' : 'GROWS']);
  }
  return table.toString();
}

/** What has grown, one sentence each. */
export function growthOf(samples: readonly SoakSample[]): readonly string[] {
  return measured(samples)
    .filter(({ isFlat }) => !isFlat)
    .map(
      ({ series, second, last }) =>
        `${series.name} grew from ${second.toFixed(1)} to ${last.toFixed(1)} ${series.unit}`,
    );
}

/** The samples, one a line. */
export function soakCsv(samples: readonly SoakSample[]): string {
  const head = ['seconds', 'records', ...SERIES.map(({ name, unit }) => `${name}${unit === '' ? '' : ` ${unit}`}`)];
  const lines = samples.map((sample) =>
    [sample.seconds.toFixed(1), sample.records, ...SERIES.map((series) => series.of(sample).toFixed(2))].join(','),
  );
  return `${[head.join(','), ...lines].join('\n')}\n`;
}

function measured(samples: readonly SoakSample[]): Flatness[] {
  return SERIES.map((series) => flatness(series, samples));
}

/** The largest of each stretch, as bars that begin at 0. */
function bars(values: readonly number[]): string {
  const top = Math.max(...values, 1e-9);
  const count = Math.min(WIDTH, values.length);
  const stretch = (at: number) =>
    values.slice(Math.floor((at * values.length) / count), Math.floor(((at + 1) * values.length) / count));
  return Array.from(
    { length: count },
    (_, at) => BARS[Math.round((Math.max(...stretch(at)) / top) * (BARS.length - 1))],
  ).join('');
}
