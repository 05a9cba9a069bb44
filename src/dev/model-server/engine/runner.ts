import { chooseBranch } from '../scripts/choose-branch.ts';
import { combineAnswers } from '../scripts/combine.ts';
import { constantAnswer, constantTensor } from '../scripts/constant.ts';
import type { Script } from '../scripts/script.ts';
import { transformTensor } from '../scripts/transform.ts';
import type { NamedTensors } from '../tensors/tensor.ts';
import type { Engine } from './engine.ts';
import { loadOnnxEngine } from './onnx-engine.ts';

/** What is behind the server: an ONNX file or a script. */
export type Behaviour = { readonly kind: 'onnx'; readonly file: string } | Script;

/** What a worker does with a request. */
export type Runner =
  | { readonly step: 'infer'; readonly engine: Engine }
  | { readonly step: 'route'; branch(message: Uint8Array, random: number): number }
  | { readonly step: 'aggregate'; combine(answers: readonly NamedTensors[]): NamedTensors };

/** @throws MillraceError when there is a model that cannot be loaded */
export async function startRunner(behaviour: Behaviour): Promise<Runner> {
  switch (behaviour.kind) {
    case 'onnx':
      return { step: 'infer', engine: await loadOnnxEngine(behaviour.file) };
    case 'transform': {
      const { scale, add } = behaviour;
      return scripted((inputs) => {
        return new Map([...inputs].map(([name, tensor]) => [name, transformTensor(tensor, scale, add)]));
      });
    }
    case 'constant': {
      const constant = constantTensor(behaviour.json);
      return scripted((inputs) => constantAnswer(constant, inputs));
    }
    case 'route':
      return { step: 'route', branch: (message, random) => chooseBranch(behaviour, message, random) };
    case 'combine':
      return { step: 'aggregate', combine: (answers) => combineAnswers(behaviour.how, answers) };
  }
}

function scripted(answer: (inputs: NamedTensors) => NamedTensors): Runner {
  const engine: Engine = {
    signature: undefined,
    infer: (inputs) => Promise.resolve().then(() => answer(inputs)),
    close: () => Promise.resolve(),
  };
  return { step: 'infer', engine };
}
