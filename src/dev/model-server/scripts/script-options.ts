import { boolean, choice, integer, number, string } from '../../../base/options.ts';
import { ROLES, type Role } from '../role.ts';
import { COMBINATIONS, type Combination } from './script.ts';

/** The role, and what it does without a model. */
export const scriptOptions = {
  role: choice<Role>({
    default: 'model',
    choices: ROLES,
    flag: 'role',
    unit: 'role',
    help: 'what the server is in a graph',
  }),
  echo: boolean({ default: false, flag: 'echo', help: 'answer with what was asked; the same as --identity' }),
  identity: boolean({ default: false, flag: 'identity', help: 'answer with what was asked; the same as --echo' }),
  constant: string({ default: '', flag: 'constant', unit: 'json', help: 'answer with this, such as [[0.1,0.9]]' }),
  scale: number({ default: 1, flag: 'scale', help: 'answer with the numbers of the request, times N' }),
  add: number({ default: 0, flag: 'add', help: 'answer with the numbers of the request, plus N' }),
  branch: string({
    default: '',
    flag: 'branch',
    unit: 'branch',
    help: 'router: 0 and up is a child, -1 all, -2 none; random, or hash: by the bytes of the message',
  }),
  branches: integer({
    default: 2,
    min: 1,
    max: 1_000,
    flag: 'branches',
    help: 'children that random and hash choose of',
  }),
  combine: choice<Combination>({
    default: 'mean',
    choices: COMBINATIONS,
    flag: 'combine',
    unit: 'how',
    help: 'combiner: what it makes of the answers; concat puts rows side by side',
  }),
} as const;
