import { boolean, integer, number, string, type OptionValues } from '../../base/options.ts';
import { clientOptions } from '../kafka/client-options.ts';

/** Options of `millrace redrive`, but for those that commander reads by itself: the filters that may be repeated. */
export const redriveOptions = {
  fromTopic: string({ default: '', flag: 'from-topic', unit: 'name', help: 'error topic to read' }),
  deployment: string({
    default: '',
    flag: 'deployment',
    unit: 'file',
    help: 'instead: the error topic of this SeldonDeployment, and of it what came from its input topic',
  }),
  predictor: string({
    default: '',
    flag: 'predictor',
    unit: 'name',
    help: 'predictor of the deployment; needed where it has several',
  }),
  secrets: string({
    default: '',
    flag: 'secrets',
    unit: 'dir',
    help: 'take the secrets and config maps of the deployment from files DIR/<name>/<key>',
  }),
  toTopic: string({
    default: '',
    flag: 'to-topic',
    unit: 'name',
    help: 'send there, not to the topic that each record came from',
  }),
  since: string({
    default: '',
    flag: 'since',
    unit: 'time',
    help: 'what failed at TIME or later: 2026-01-31T08:00:00Z, or 2h for two hours ago',
  }),
  until: string({ default: '', flag: 'until', unit: 'time', help: 'what failed before TIME' }),
  max: integer({ default: 0, min: 1, flag: 'max', help: 'end after N records sent' }),
  rate: number({ default: 0, min: 0.001, flag: 'rate', unit: 'records/s', help: 'at most N records a second' }),
  dryRun: boolean({ default: false, flag: 'dry-run', help: 'send and commit nothing; show what would be sent' }),
  group: string({
    default: '',
    flag: 'group',
    unit: 'name',
    help: "consumer group that remembers what was sent; without it 'millrace-redrive.<error topic>'",
  }),
  ...clientOptions,
} as const;

export type RedriveOptions = OptionValues<typeof redriveOptions>;
