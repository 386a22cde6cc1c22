/** Makes the action.yml files from the table of inputs. */
import { stringify } from 'yaml';
import {
  commandInput,
  helpOf,
  outputs,
  placeOf,
  type CommandGroup,
} from '../../src/inputs/index.js';
import {
  commandNames,
  commands,
  definitionOf,
  inputsOf,
  type CommandName,
} from '../../src/commands/index.js';
import { choicesOf, defaultOf, helpOn, outputsOf } from './text.js';

const header = '# Made from src/inputs by "npm run generate"; edit that instead.\n';

/** The commands of the main action; the others have actions of their own. */
const mainCommands = commandNames.filter((name) => placeOf(name).group === undefined);

/** The text of the main action's action.yml. */
export function actionYml(): string {
  return render({
    name: 'ACR Content Trust',
    description:
      'Build, push and sign container images with Docker Content Trust in Azure Container Registry, with keys in Azure Key Vault.',
    inputs: { [commandInput.name]: commandEntry(), ...entries(mainCommands) },
    of: mainCommands,
    bundles: 'dist/action',
    main: 'index.cjs',
  });
}

/** The text of the action.yml of an action that knows one command only. */
export function commandActionYml(command: CommandName): string {
  return render({
    name: `ACR Content Trust: ${commands[command].label.toLowerCase()}`,
    description: commands[command].help,
    inputs: entries([command]),
    of: [command],
    bundles: '../../dist/action',
    main: `${placeOf(command).verb}.cjs`,
  });
}

/** The text of the action.yml of an action for a group of commands. */
export function groupActionYml(group: CommandGroup, names: readonly CommandName[]): string {
  const each = names.map((name) => `\`${placeOf(name).verb}\`: ${commands[name].help}`);
  return render({
    name: `ACR Content Trust: ${group}`,
    description: `${names.map((name) => placeOf(name).verb).join(', ')}. What each does is said at the input "${commandInput.name}".`,
    inputs: {
      [commandInput.name]: {
        description: [commandInput.help, ...each].join(' '),
        required: true,
      },
      ...entries(names),
    },
    of: names,
    bundles: '../../dist/action',
    main: `${group}.cjs`,
  });
}

interface ActionParts {
  readonly name: string;
  readonly description: string;
  readonly inputs: object;
  /** The commands that it runs. */
  readonly of: readonly CommandName[];
  /** Folder of the bundles, as seen from the action.yml. */
  readonly bundles: string;
  readonly main: string;
}

function render({ name, description, inputs, of, bundles, main }: ActionParts): string {
  const action = {
    name,
    description,
    author: 'ACR Content Trust contributors',
    branding: { icon: 'shield', color: 'blue' },
    inputs,
    outputs: Object.fromEntries(
      outputsOf(of).map((output) => [output, { description: outputs[output].description }]),
    ),
    runs: {
      using: 'node24',
      main: `${bundles}/${main}`,
      post: `${bundles}/post.cjs`,
      'post-if': 'always()',
    },
  };
  return header + stringify(action, { lineWidth: 0 });
}

function entries(of: readonly CommandName[]): object {
  const names = inputsOf('action').filter((name) =>
    of.some((command) => definitionOf(name).commands.includes(command)),
  );
  return Object.fromEntries(names.map((name) => [name, entry(name, of)]));
}

function commandEntry(): object {
  const each = mainCommands.map((name) => `\`${name}\`: ${commands[name].help}`);
  return {
    description: [commandInput.help, ...each].join(' '),
    required: false,
    default: commandInput.default,
  };
}

/** As the input `command` of the action takes it. */
function nameIn(of: readonly CommandName[]): (command: CommandName) => string {
  const groups = new Set(of.map((command) => placeOf(command).group));
  return groups.size === 1 && !groups.has(undefined)
    ? (command) => placeOf(command).verb
    : (command) => command;
}

function entry(name: string, of: readonly CommandName[]): object {
  const definition = definitionOf(name);
  const fallback = defaultOf(definition);
  return {
    description: [helpOn('action', helpOf(definition, of, nameIn(of))), choicesOf(definition)]
      .join(' ')
      .trim(),
    required: of.every((command) => definition.requiredBy.includes(command)),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
}
