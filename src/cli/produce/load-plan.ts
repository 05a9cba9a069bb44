import { InputFile } from '../records/input-file.ts';
import { keyRule } from './key-rule.ts';
import type { ProduceOptions } from './produce-options.ts';
import { recordSplitter, type RecordSplitter } from './record-parts.ts';
import { wrongOption } from '../wrong-option.ts';

/** What to send, and how fast. */
export interface LoadPlan {
  readonly files: readonly InputFile[];
  readonly format: 'json' | 'protobuf';
  readonly split: RecordSplitter;
  /** Records a second; 0 is no limit. */
  readonly rate: number;
  /** Records to leave out at the beginning. */
  readonly skip: number;
  /** Most records to send; may be Infinity. */
  readonly count: number;
  /** How often to go through the files; may be Infinity. */
  readonly repeat: number;
}

/**
 * @param checkJson whether lines must be JSON
 * @throws MillraceError when options do not go together, or there is no such file
 */
export async function loadPlan(
  paths: readonly string[],
  values: ProduceOptions,
  checkJson: boolean,
): Promise<LoadPlan> {
  const { format, rate, skip } = values;
  const rule = keyRule(values);
  if (format === 'protobuf' && (rule.kind === 'field' || rule.kind === 'separator')) {
    throw wrongOption(
      'a key from the text needs --format json',
      'use --key, --key-prefix or --keys for protobuf messages',
    );
  }
  if (format === 'json' && values.protoName !== '') {
    throw wrongOption('--proto-name goes with --format protobuf', 'add it, or leave --proto-name out');
  }
  const files: InputFile[] = [];
  for (const path of paths) files.push(await InputFile.find(path));
  const once = files.find((file) => !file.repeatable);
  if (once !== undefined && values.repeat !== 1) {
    throw wrongOption(`${once.name} can be read once only`, 'leave --repeat out, or give a file');
  }
  return {
    files,
    format,
    split: recordSplitter(rule, format === 'json' && checkJson),
    rate,
    skip,
    count: values.count === 0 ? Infinity : values.count,
    repeat: values.repeat === 0 ? Infinity : values.repeat,
  };
}
