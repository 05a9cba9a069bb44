import { MillraceError } from '../../../base/errors.ts';
import type { Example, ExampleRequests } from '../../../dev/example/example.ts';
import {
  grpcFrontClient,
  httpFrontClient,
  type FrontAnswer,
  type FrontClient,
} from '../../../dev/example/front-client.ts';
import type { DemoStage } from '../play-demo.ts';
import type { OutcomeRow } from './outcome-table.ts';
import { readRequests } from './read-requests.ts';
import { readableValue } from './readable.ts';

/** One way in, with the answers that it gave. */
interface Front {
  readonly title: string;
  readonly client: FrontClient;
  readonly messages: readonly unknown[];
  readonly answers: Answered[];
}

interface Answered {
  readonly answer: FrontAnswer;
  /** Of the feedback that followed; undefined where there was none. */
  readonly reward: number | undefined;
}

export interface Answers {
  readonly heads: readonly string[];
  readonly rows: readonly OutcomeRow[];
  /** What is wrong, in sentences. */
  readonly problems: readonly string[];
  /** What went well, a sentence. */
  readonly summary: string;
}

/**
 * Asks the deployment every request of an example, one after the other: over HTTP, and over gRPC where the example says how.
 *
 * @throws MillraceError when a file cannot be read
 */
export async function playRequests(example: Example, { world, signal }: DemoStage): Promise<Answers> {
  const { protocol, requests, grpcRequests, truth } = example;
  const fronts: Front[] = [
    {
      title: 'over HTTP',
      client: httpFrontClient(protocol, world.httpPort, signal),
      messages: await readMessages(requests, signal),
      answers: [],
    },
  ];
  if (grpcRequests !== undefined) {
    const client = grpcFrontClient(protocol, world.grpcPort, signal);
    fronts.push({ title: 'over gRPC', client, messages: await readMessages(grpcRequests, signal), answers: [] });
  }
  const truths = truth === undefined ? [] : await readMessages({ ...requests, file: truth }, signal);
  const [count = 0, ...others] = fronts.map(({ messages }) => messages.length);
  if (others.some((other) => other !== count)) {
    throw new MillraceError(`there are ${count} requests over HTTP and ${others.join()} over gRPC`, {
      code: 'DEMO_REQUESTS',
      remedy: 'write the same requests in both files',
    });
  }
  try {
    for (let index = 0; index < count; index++) for (const front of fronts) await ask(front, index, truths[index]);
  } finally {
    for (const { client } of fronts) client.close();
  }
  return { ...judge(fronts, example.expectErrors), heads: ['request', ...fronts.map(({ title }) => title)], rows: rowsOf(fronts) }; // prettier-ignore
}

async function readMessages(requests: ExampleRequests, signal: AbortSignal): Promise<readonly unknown[]> {
  const lines = await readRequests({ ...requests, protoName: undefined }, signal);
  return lines.map(({ key, value }) => {
    try {
      return JSON.parse(value.toString()) as unknown;
    } catch (cause) {
      throw new MillraceError(`${requests.file}: ${key} is not JSON`, { code: 'DEMO_REQUEST_INVALID', cause });
    }
  });
}

async function ask({ client, messages, answers }: Front, index: number, truth: unknown): Promise<void> {
  const request = messages[index];
  const answer = await client.predict(request);
  if (truth === undefined || !answer.ok) {
    answers.push({ answer, reward: undefined });
    return;
  }
  const reward = JSON.stringify(numbersOf(answer.body)) === JSON.stringify(numbersOf(truth)) ? 1 : 0;
  const thanks = await client.feedback({ request, response: answer.body, truth, reward });
  answers.push(thanks.ok ? { answer, reward } : { answer: thanks, reward: undefined });
}

function numbersOf(message: unknown): unknown {
  const { data } = message as { readonly data?: { readonly ndarray?: unknown; readonly tensor?: unknown } };
  return data?.ndarray ?? data?.tensor;
}

function rowsOf(fronts: readonly Front[]): readonly OutcomeRow[] {
  const [{ messages } = { messages: [] }] = fronts;
  const width = String(messages.length).length;
  return messages.map((message, index) => ({
    key: `request-${String(index + 1).padStart(width, '0')}`,
    failed: fronts.some(({ answers }) => answers[index]?.answer.ok === false),
    cells: () => [readableValue(message), ...fronts.map(({ answers }) => answerText(answers[index]))],
  }));
}

function answerText(answered: Answered | undefined): string {
  if (answered === undefined) return '(nothing)';
  const { answer, reward } = answered;
  const text = typeof answer.body === 'string' ? answer.body : readableValue(answer.body);
  if (!answer.ok) return `${answer.status}: ${text}`;
  return reward === undefined ? text : `${text}, reward ${reward}`;
}

function judge(fronts: readonly Front[], expectErrors: number): Pick<Answers, 'problems' | 'summary'> {
  const problems = fronts.flatMap(({ title, answers }) => {
    const failed = answers.flatMap((one, index) => (one.answer.ok ? [] : [`request ${index + 1}: ${answerText(one)}`]));
    if (failed.length === expectErrors) return [];
    return [`${failed.length} requests have failed ${title}, and ${expectErrors} should`, ...failed.slice(0, 5)];
  });
  const [{ answers } = { answers: [] }] = fronts;
  const ways = fronts.map(({ title }) => title).join(' and ');
  const failed = expectErrors === 0 ? '' : `, ${expectErrors} of them the error that should be there`;
  return { problems, summary: `Every request was answered ${ways}: ${answers.length} answers${failed}.` };
}
