import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { InputFile } from '../../../../src/cli/records/input-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-input-'));
test.after(() => rmSync(folder, { recursive: true }));

async function contentOf(name: string, bytes: Buffer): Promise<Buffer> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const file = await InputFile.find(path);
  const chunks: Buffer[] = [];
  for await (const chunk of file.chunks(new AbortController().signal)) chunks.push(chunk);
  assert.equal(file.readBytes, bytes.length);
  assert.equal(file.sizeBytes, bytes.length);
  return Buffer.concat(chunks);
}

test('reads a file as it is, or unpacked when its first bytes say that it is packed', async () => {
  const content = Buffer.from('{"n":1}\n'.repeat(100_000));
  assert.deepEqual(await contentOf('plain.gz', content), content);
  assert.deepEqual(await contentOf('gzip', gzipSync(content)), content);
  assert.deepEqual(await contentOf('zstd', zstdCompressSync(content)), content);
  for (const small of ['', '{', '\x1f', '(\xb5']) {
    assert.deepEqual(await contentOf('small', Buffer.from(small, 'latin1')), Buffer.from(small, 'latin1'));
  }
});

test('says what is wrong with a packed file that is cut off or damaged', async () => {
  const packed = gzipSync(Buffer.from('{"n":1}\n'.repeat(1000)));
  const damaged = Buffer.from(packed).fill(0xff, 10, 20);
  for (const bytes of [packed.subarray(0, -12), damaged]) {
    await assert.rejects(contentOf('broken.gz', bytes), {
      code: 'FILE_DAMAGED',
      message: /broken\.gz: the packed data are damaged or cut off/,
    });
  }
});

test('names the file that is not there, and the folder', async () => {
  await assert.rejects(InputFile.find(join(folder, 'nothing')), { message: /nothing: there is no such file$/ });
  await assert.rejects(InputFile.find(folder), { code: 'FILE_UNREADABLE', message: /: is a directory$/ });
});

test('ends quietly when it is told to stop', async () => {
  const path = join(folder, 'long');
  writeFileSync(path, Buffer.alloc(3_000_000, 'x'));
  const stop = new AbortController();
  let read = 0;
  for await (const chunk of (await InputFile.find(path)).chunks(stop.signal)) {
    read += chunk.length;
    stop.abort();
  }
  assert.ok(read < 3_000_000, `read ${read} bytes`);
});
