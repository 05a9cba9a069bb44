import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { escapeControls, preview } from '../../../../src/cli/records/printable.ts';

test('what moves a cursor or turns text round is written out', () => {
  assert.equal(escapeControls('a\nb\tc\r\x1b[31m\x07\x7f\x9b'), 'a\\nb\\tc\\r\\x1b[31m\\x07\\x7f\\x9b');
  assert.equal(escapeControls('é 漢字 🙂 \u202edrow'), 'é 漢字 🙂 \\u202edrow');
});

test('previews clip text between characters and show other bytes in hexadecimal', () => {
  assert.equal(preview(Buffer.from('short'), 10), 'short');
  assert.equal(preview(Buffer.from('0123456789ab'), 10), '0123456789…');
  assert.equal(preview(Buffer.from([0xff, 0x00]), 10), '0xff00');
  assert.equal(preview(Buffer.alloc(100, 0xff), 10), '0xffffffffff…');
  assert.equal(preview(Buffer.from('漢'.repeat(100)), 10), `${'漢'.repeat(10)}…`);
});

test('a preview of any bytes is one line of printable characters', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 4, max: 50 }), (bytes, limit) => {
      assert.doesNotMatch(preview(Buffer.from(bytes), limit), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), fc.integer({ min: 4, max: 50 }), (text, limit) => {
      assert.ok(!preview(Buffer.from(text), limit).startsWith('0x') || text.startsWith('0x'), text);
    }),
  );
});
