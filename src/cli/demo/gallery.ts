import { CIFAR10_CLASSES, type Cifar10Image } from '../../dev/demo/cifar10/cifar10-images.ts';
import { likeliest } from '../../dev/demo/ledger/prediction.ts';
import { thumbnail, type ColourDepth } from '../../dev/demo/cifar10/thumbnail.ts';
import type { Paint } from './screen/paint.ts';

const GAP = 2;
const COUNT = 8;
/** Of those shown, so many may be wrong ones. */
const WRONG = 2;

interface Exhibit {
  readonly image: Cifar10Image;
  readonly caption: string;
  readonly right: boolean;
}

/** Some pictures with what the model says of them: of different classes, and some that it gets wrong. */
export function chooseExhibits(
  images: readonly Cifar10Image[],
  answers: ReadonlyMap<number, readonly number[]>,
): readonly Exhibit[] {
  const right = new Map<number, Exhibit>();
  const wrong: Exhibit[] = [];
  for (const image of images) {
    const answer = answers.get(image.index);
    if (answer === undefined) continue;
    const predicted = likeliest(answer);
    const percent = Math.round((answer[predicted] ?? 0) * 100);
    const says = `${CIFAR10_CLASSES[predicted] ?? predicted} ${percent} %`;
    if (predicted === image.label) right.set(image.label, { image, caption: says, right: true });
    else if (wrong.length < WRONG) wrong.push({ image, caption: `${says}, is ${image.className}`, right: false });
  }
  return [...[...right.values()].slice(0, COUNT - wrong.length), ...wrong];
}

/** The pictures side by side, as many in a row as the width of the terminal allows, captions below. */
export function gallery(exhibits: readonly Exhibit[], depth: ColourDepth, columns: number, paint: Paint): string {
  const width = columns >= 4 * (32 + GAP) ? 32 : 16;
  const cell = Math.max(width, ...exhibits.map(({ caption }) => caption.length)) + GAP;
  const perRow = Math.max(1, Math.floor((columns - GAP) / cell));
  const rows: string[] = [];
  for (let from = 0; from < exhibits.length; from += perRow) {
    const shown = exhibits.slice(from, from + perRow);
    const pictures = shown.map(({ image }) => thumbnail(image.pixels, depth, width));
    for (let line = 0; line < width / 2; line++) {
      rows.push(pictures.map((picture) => (picture[line] ?? '') + ' '.repeat(cell - width)).join(''));
    }
    const captions = shown.map(({ caption, right }) => paint(right ? 'green' : 'yellow', caption.padEnd(cell)));
    rows.push(captions.join(''), '');
  }
  return rows.map((row) => `  ${row}`.trimEnd()).join('\n');
}

/** The same without pictures. */
export function captionList(exhibits: readonly Exhibit[]): string {
  return exhibits.map(({ image, caption }) => `  picture ${image.index}: ${caption}`).join('\n');
}
