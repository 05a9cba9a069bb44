import { DemoStream } from '../../dev/demo/stream/demo-stream.ts';
import type { FeedRecord } from '../../dev/demo/stream/request-feed.ts';
import type { StreamBook } from '../../dev/demo/stream/stream-book.ts';
import type { DemoWorld } from './demo-world.ts';
import type { Screen } from './screen/screen.ts';

/** Creates the topics of a world, and opens the stream of a demo over them; it is closed with the world. */
export async function openStream<B extends StreamBook>(
  world: DemoWorld,
  screen: Screen,
  book: B,
  recordOf: (index: number) => FeedRecord | undefined,
  signal: AbortSignal,
): Promise<DemoStream<B>> {
  const { connection, names, fail } = world;
  const opening = DemoStream.open(connection, names, book, recordOf, fail, signal);
  world.defer(async () => opening.then(async (stream) => stream.close()).catch(() => undefined));
  await screen.step('creating the topics', async () => {
    await opening;
    return `topics ${names.inputTopic} and ${names.outputTopic} ready`;
  });
  return opening;
}
