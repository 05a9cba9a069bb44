import type { ConsumeOptions } from './consume-options.ts';
import { ErrorFormat } from './formats/error-format.ts';
import { FrameFormat } from './formats/frame-format.ts';
import { JsonFormat } from './formats/json-format.ts';
import { PrettyFormat } from './formats/pretty-format.ts';
import type { RecordFormat } from './formats/record-format.ts';
import { ValueFormat } from './formats/value-format.ts';
import { wrongOption } from '../wrong-option.ts';

/**
 * The format that the options and the place ask for.
 *
 * @param forTerminal the records are printed on a terminal
 * @throws MillraceError OPTIONS_INVALID
 */
export function chooseFormat({ format, errors }: ConsumeOptions, forTerminal: boolean): RecordFormat {
  if (errors && format !== 'auto' && format !== 'errors') {
    throw wrongOption(`--errors and --format ${format} exclude each other`, 'keep one of them');
  }
  switch (errors ? 'errors' : format) {
    case 'auto':
      return forTerminal ? new PrettyFormat() : new ValueFormat(false);
    case 'value':
      return new ValueFormat(forTerminal);
    case 'json':
      return new JsonFormat();
    case 'pretty':
      return new PrettyFormat();
    case 'errors':
      return new ErrorFormat();
    case 'protobuf':
      if (forTerminal) throw wrongOption('--format protobuf is not for a terminal', 'write to a file with --output');
      return new FrameFormat();
  }
}
