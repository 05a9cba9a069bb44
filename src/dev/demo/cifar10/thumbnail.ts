import { CIFAR10_SIZE } from './cifar10-images.ts';

/** How many bits of colour a terminal shows: 24, 8 (256 colours), or 1 for none. */
export type ColourDepth = 24 | 8 | 1;

type Colour = readonly [red: number, green: number, blue: number];

const RESET = '\u001b[0m';
/** From dark to bright. */
const RAMP = ' .:-=+*#%@';

/** What a stream can show. A file or pipe shows no colour, nor does a terminal with NO_COLOR set. */
export function colourDepth(
  stream: { readonly isTTY?: boolean; getColorDepth?(env?: object): number },
  env: NodeJS.ProcessEnv = process.env,
): ColourDepth {
  if (!stream.isTTY || !stream.getColorDepth || env['NO_COLOR']) return 1;
  const depth = stream.getColorDepth(env);
  return depth >= 24 ? 24 : depth >= 8 ? 8 : 1;
}

/**
 * An image as lines of text. A character is one pixel wide and two high: the upper half block, in the colour of the upper
 * pixel on that of the lower one. Without colour a character shows the brightness of both, from the image's darkest to its
 * brightest.
 *
 * @param pixels a CIFAR-10 image: red, green and blue of each pixel in turn, row by row
 * @param width characters of a line, and twice the number of lines: 32, 16 or 8
 */
export function thumbnail(pixels: Uint8Array, depth: ColourDepth, width: 32 | 16 | 8 = 32): string[] {
  const rows = Array.from({ length: width / 2 }, (_, line) =>
    Array.from({ length: width }, (_, column) => {
      return [block(pixels, width, 2 * line, column), block(pixels, width, 2 * line + 1, column)] as const;
    }),
  );
  return depth === 1 ? plainLines(rows) : rows.map((row) => colourLine(row, depth));
}

/** The upper and the lower colour of a character. */
type Halves = readonly [upper: Colour, lower: Colour];

function colourLine(row: readonly Halves[], depth: 24 | 8): string {
  let line = '';
  let before = '';
  for (const [upper, lower] of row) {
    const colours = `\u001b[38;${paint(upper, depth)};48;${paint(lower, depth)}m`;
    line += colours === before ? '▀' : `${colours}▀`;
    before = colours;
  }
  return `${line}${RESET}`;
}

function plainLines(rows: readonly (readonly Halves[])[]): string[] {
  const bright = rows.map((row) => row.map(([upper, lower]) => luma(upper) + luma(lower)));
  const darkest = Math.min(...bright.flat());
  const span = Math.max(...bright.flat()) - darkest || 1;
  const sign = (value: number) => RAMP[Math.round(((value - darkest) / span) * (RAMP.length - 1))] ?? ' ';
  return bright.map((row) => row.map(sign).join(''));
}

function luma([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

// The mean colour of the pixels that fall into one of `width` x `width` blocks.
function block(pixels: Uint8Array, width: number, row: number, column: number): Colour {
  const side = CIFAR10_SIZE / width;
  const sums = [0, 0, 0];
  for (let y = row * side; y < (row + 1) * side; y++) {
    for (let x = column * side; x < (column + 1) * side; x++) {
      for (let channel = 0; channel < 3; channel++) {
        sums[channel] = (sums[channel] ?? 0) + (pixels[3 * (y * CIFAR10_SIZE + x) + channel] ?? 0);
      }
    }
  }
  const mean = (channel: number) => Math.round((sums[channel] ?? 0) / (side * side));
  return [mean(0), mean(1), mean(2)];
}

function paint(colour: Colour, depth: 24 | 8): string {
  if (depth === 24) return `2;${colour.join(';')}`;
  // The 6 x 6 x 6 cube of the 256 colours.
  const [red, green, blue] = colour.map((value) => Math.round((value / 255) * 5));
  return `5;${16 + 36 * (red ?? 0) + 6 * (green ?? 0) + (blue ?? 0)}`;
}
