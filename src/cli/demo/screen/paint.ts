import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** Puts text in a colour, or leaves it as it is where none is wanted. */
export type Paint = (style: Style, text: string) => string;

/** @param colour whether to use colours at all */
export function createPaint(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}
