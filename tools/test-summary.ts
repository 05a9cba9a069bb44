// A reporter for node:test: failures with their full story, and one closing line a step.
import type { TestEvent } from 'node:test/reporters';
import { relative } from 'node:path';
import { inspect } from 'node:util';

export default async function* summary(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for await (const event of events) {
    if (event.type === 'test:pass') {
      if (event.data.skip !== undefined) {
        skipped++;
        yield `\nskipped: ${event.data.name} (${String(event.data.skip)})\n`;
      } else if (event.data.details.type !== 'suite') passed++;
    } else if (event.type === 'test:fail') {
      if (event.data.details.type === 'suite') continue;
      failed++;
      const where = event.data.file ? `${relative(process.cwd(), event.data.file)}:${event.data.line ?? 0}` : '';
      yield `\nFAILED ${event.data.name}\n  ${where}\n${inspect(event.data.details.error.cause ?? event.data.details.error)}\n`;
    } else if (event.type === 'test:stderr' && process.env['MILLRACE_TEST_VERBOSE']) {
      yield event.data.message;
    }
  }
  yield `\n${passed} passed, ${failed} failed, ${skipped} skipped\n`;
}
