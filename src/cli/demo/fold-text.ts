/** Text in lines of `width` characters, broken at spaces and after commas where there are some. */
export function foldText(text: string, width: number): string {
  const lines = [''];
  for (const piece of text.match(/[^\s,]*(?:,|\s+|$)/g) ?? []) {
    for (let rest = piece; rest !== ''; rest = rest.slice(width)) {
      const part = rest.slice(0, width);
      const line = lines.at(-1) ?? '';
      if (line !== '' && (line + part).trimEnd().length > width) lines.push(part);
      else lines[lines.length - 1] = line + part;
    }
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}
