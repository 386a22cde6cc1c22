/** Makes action.yml from the table of inputs. */
import { stringify } from 'yaml';
import {
  commandInput,
  commandNames,
  commands,
  definitionOf,
  inputsOf,
  outputs,
} from '../../src/inputs/index.js';
import { choicesOf, defaultOf, helpOn } from './text.js';

const header = '# Made from src/inputs by "npm run generate"; edit that instead.\n';

/** The text of action.yml. */
export function actionYml(): string {
  const action = {
    name: 'ACR Content Trust',
    description:
      'Build, push and sign container images with Docker Content Trust in Azure Container Registry, with keys in Azure Key Vault.',
    author: 'ACR Content Trust contributors',
    branding: { icon: 'shield', color: 'blue' },
    inputs: Object.fromEntries([
      [commandInput.name, commandEntry()],
      ...inputsOf('action').map((name) => [name, entry(name)]),
    ]) as Record<string, unknown>,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, { description }]) => [name, { description }]),
    ),
    runs: {
      using: 'node24',
      main: 'dist/action/index.cjs',
      post: 'dist/action/post.cjs',
      'post-if': 'always()',
    },
  };
  return header + stringify(action, { lineWidth: 0 });
}

function commandEntry(): object {
  const each = commandNames.map((name) => `\`${name}\`: ${commands[name].help}`);
  return {
    description: [commandInput.help, ...each].join(' '),
    required: false,
    default: commandInput.default,
  };
}

function entry(name: ReturnType<typeof inputsOf>[number]): object {
  const definition = definitionOf(name);
  const fallback = defaultOf(definition);
  return {
    description: [helpOn('action', definition.help), choicesOf(definition)].join(' ').trim(),
    required: definition.required?.length === commandNames.length,
    ...(fallback === undefined ? {} : { default: fallback }),
  };
}
