import { test } from 'node:test';
import assert from 'node:assert/strict';
import { startPlace } from '../../../../../src/kafka/group/offsets/start-offsets.ts';
import {
  decodeTopicNote,
  encodeTopicNote,
  partitionsAtBegin,
} from '../../../../../src/kafka/group/offsets/topic-note.ts';

const NOW = 'a2c4-now';
const stored = (entries: Readonly<Record<number, readonly [offset: number, topicId: string, partitions: number]>>) =>
  new Map(
    Object.entries(entries).map(([partition, [offset, topicId, partitions]]) => {
      const metadata = topicId === '' ? '' : encodeTopicNote({ topicId, partitions });
      return [Number(partition), { offset, metadata }] as const;
    }),
  );

test('begins at the stored offset, with or without a note, if it is of this topic', () => {
  const offsets = stored({ 0: [7, NOW, 2], 1: [0, '', 0] });
  assert.equal(startPlace(0, offsets, NOW, 'latest'), offsets.get(0));
  assert.equal(startPlace(1, offsets, NOW, 'latest'), offsets.get(1));
});

test('an offset of an earlier topic of the name means nothing: the new one is read from its begin', () => {
  const offsets = stored({ 0: [7, 'before', 2], 1: [-1, '', 0] });
  assert.equal(startPlace(0, offsets, NOW, 'latest'), 'earliest');
  assert.equal(startPlace(1, offsets, NOW, 'latest'), 'earliest');
});

test('a partition that came after the group began is read from its begin', () => {
  const offsets = stored({ 0: [7, NOW, 2], 1: [-1, '', 0], 2: [-1, '', 0] });
  assert.equal(startPlace(2, offsets, NOW, 'latest'), 'earliest');
  assert.equal(startPlace(1, offsets, NOW, 'latest'), 'latest', 'it was there; another member begins at this moment');
});

test('a group without offsets begins where it is told, unless the topic was made again while it read', () => {
  assert.equal(startPlace(0, stored({ 0: [-1, '', 0] }), NOW, 'latest'), 'latest');
  assert.equal(startPlace(0, stored({ 0: [-1, '', 0] }), NOW, 'earliest'), 'earliest');
  assert.equal(startPlace(0, stored({ 0: [-1, '', 0] }), NOW, undefined), 'earliest');
  assert.equal(startPlace(0, stored({ 0: [9, '', 0] }), NOW, undefined), 'earliest');
  const committed = stored({ 0: [9, NOW, 1] });
  assert.equal(startPlace(0, committed, NOW, undefined), committed.get(0));
});

test('a note is read at the end of what else is kept with an offset, and nothing else is taken for one', () => {
  const note = { topicId: 'Ab-1_c', partitions: 12 };
  assert.deepEqual(decodeTopicNote(encodeTopicNote(note)), note);
  assert.deepEqual(decodeTopicNote(`millrace/1 a 1,3 ${encodeTopicNote(note)}`), note);
  for (const text of ['', 'topic:', 'topic:x/', 'topic:x/1 more', 'mytopic:x/1', 'topic:/1', 'topic:x/1234567890']) {
    assert.equal(decodeTopicNote(text), undefined, text);
  }
});

test('what the topic had when the group began stays noted over every new owner, while it is the same topic', () => {
  const stored = encodeTopicNote({ topicId: NOW, partitions: 2 });
  assert.equal(partitionsAtBegin(stored, NOW, 3), 2);
  assert.equal(partitionsAtBegin(stored, 'another', 3), 3);
  assert.equal(partitionsAtBegin('', NOW, 3), 3);
});
