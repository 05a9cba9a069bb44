import { CIFAR10_SIZE } from './cifar10-images.ts';

// The model takes 0 to 1. Three decimals tell all 256 brightnesses apart and keep a request below 20 kB.
const DECIMALS = Array.from({ length: 256 }, (_, value) => String(Number((value / 255).toFixed(3))));

/**
 * An image as a predict request of TensorFlow Serving's REST API: `{"instances":[[[[r,g,b],...],...]]}`.
 *
 * @param pixels red, green and blue of each pixel in turn, row by row
 */
export function cifar10Request(pixels: Uint8Array): Buffer {
  let text = '{"instances":[[';
  let at = 0;
  const decimal = () => DECIMALS[pixels[at++] ?? 0] ?? '0';
  for (let row = 0; row < CIFAR10_SIZE; row++) {
    text += row === 0 ? '[' : ',[';
    for (let column = 0; column < CIFAR10_SIZE; column++) {
      text += `${column === 0 ? '[' : ',['}${decimal()},${decimal()},${decimal()}]`;
    }
    text += ']';
  }
  return Buffer.from(`${text}]]}`, 'latin1');
}
