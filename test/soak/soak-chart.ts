import { SERIES, type Series, type SoakSample } from './series.ts';

const WIDTH = 900;
const ROW = 110;
const LEFT = 150;
const RIGHT = 20;

/** A chart as SVG: one row for each thing that was measured, over the records that had come out. */
export function soakChart(samples: readonly SoakSample[], title: string): string {
  const height = SERIES.length * ROW + 60;
  const rows = SERIES.map((series, index) => row(series, samples, 40 + index * ROW));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="10" y="22" font-size="15">${title}</text>
${rows.join('\n')}
</svg>
`;
}

function row(series: Series, samples: readonly SoakSample[], top: number): string {
  const values = samples.map((sample) => series.of(sample));
  const most = Math.max(...values, 1e-9);
  const records = samples.at(-1)?.records ?? 1;
  const bottom = top + ROW - 30;
  const points = samples.map((sample, index) => {
    const x = LEFT + ((WIDTH - LEFT - RIGHT) * sample.records) / records;
    const y = bottom - ((bottom - top) * (values[index] ?? 0)) / most;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const unit = series.unit === '' ? '' : ` ${series.unit}`;
  return `<text x="10" y="${top + 14}">${series.name}</text>
<text x="${LEFT - 8}" y="${top + 14}" text-anchor="end" fill="#666" dy="18">${most.toFixed(0)}${unit}</text>
<line x1="${LEFT}" y1="${bottom}" x2="${WIDTH - RIGHT}" y2="${bottom}" stroke="#999"/>
<text x="${WIDTH - RIGHT}" y="${bottom + 15}" text-anchor="end" fill="#666">${records.toLocaleString('en')} records</text>
<polyline points="${points.join(' ')}" fill="none" stroke="#1f6feb" stroke-width="1.5"/>`;
}
