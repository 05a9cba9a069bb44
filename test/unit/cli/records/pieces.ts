/** The bytes as a stream that is cut at these places (in any order; those beyond the end do nothing). */
export async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let start = 0;
  for (const cut of [...new Set(cuts), bytes.length].sort((a, b) => a - b)) {
    if (cut <= start || cut > bytes.length) continue;
    yield bytes.subarray(start, cut);
    start = cut;
  }
}
