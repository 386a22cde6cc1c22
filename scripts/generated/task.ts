/** Makes the Azure Pipelines task's task.json and its strings from the table of inputs. */
import { pageUrl } from '../../src/version.js';
import {
  commandInput,
  helpOf,
  inputGroups,
  inputNameOn,
  outputs,
  type InputDefinition,
  type InputGroup,
} from '../../src/inputs/index.js';
import { commandNames, commands, definitionOf, inputsOf } from '../../src/commands/index.js';
import { choicesOf, defaultOf, helpOn, isAlwaysRequired } from './text.js';

/** The task's identity: never changes, agents and pipelines know the task by it. */
const taskId = 'b3a0a2a6-6a0e-4f2e-9a55-0d7f3c1f9d51';

interface TaskInput {
  readonly name: string;
  readonly label: string;
  readonly helpMarkDown: string;
  readonly [key: string]: unknown;
}

/** What task.json holds. */
export function taskJson(version: string) {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const handler = (target: string) => ({ Node24: { target }, Node20_1: { target } });
  return {
    $schema:
      'https://raw.githubusercontent.com/Microsoft/azure-pipelines-task-lib/master/tasks.schema.json',
    id: taskId,
    name: 'AcrContentTrust',
    friendlyName: 'ACR Content Trust',
    description:
      'Build, push and sign container images with Docker Content Trust in Azure Container Registry, with keys in Azure Key Vault.',
    helpUrl: pageUrl('docs/reference.md'),
    helpMarkDown: `[Getting started](${pageUrl('docs/getting-started.md')}), [all inputs and outputs](${pageUrl('docs/reference.md')}), [permissions](${pageUrl('docs/permissions.md')}), [troubleshooting](${pageUrl('docs/troubleshooting.md')})`,
    author: 'ACR Content Trust contributors',
    category: 'Azure Pipelines',
    visibility: ['Build', 'Release'],
    runsOn: ['Agent', 'MachineGroup'],
    version: { Major: major, Minor: minor, Patch: patch },
    // The first whose Node.js 20 is no older than ours (4.258 has 20.18).
    minimumAgentVersion: '4.261.0',
    instanceNameFormat: 'ACR Content Trust: $(command)',
    groups: groups(),
    inputs: [commandEntry(), ...inputsOf('task').map(entry)],
    outputVariables: Object.entries(outputs).map(([name, { description }]) => ({
      name: inputNameOn('task', name),
      description,
    })),
    restrictions: {
      settableVariables: {
        allowed: Object.keys(outputs).map((name) => inputNameOn('task', name)),
      },
    },
    execution: handler('index.js'),
    postjobexecution: handler('post.js'),
  };
}

/** The strings the service shows, for Strings/resources.resjson/en-US. */
export function taskStrings(task: ReturnType<typeof taskJson>): Readonly<Record<string, string>> {
  const strings: Record<string, string> = {
    'loc.friendlyName': task.friendlyName,
    'loc.helpMarkDown': task.helpMarkDown,
    'loc.description': task.description,
    'loc.instanceNameFormat': task.instanceNameFormat,
  };
  for (const group of task.groups)
    strings[`loc.group.displayName.${group.name}`] = group.displayName;
  for (const { name, label, helpMarkDown } of task.inputs) {
    strings[`loc.input.label.${name}`] = label;
    strings[`loc.input.help.${name}`] = helpMarkDown;
  }
  return strings;
}

function groups() {
  return Object.entries(inputGroups).map(([name, displayName]) => {
    const rule = groupRule(name as InputGroup);
    return {
      name,
      displayName,
      isExpanded: name !== 'advanced',
      ...(rule ? { visibleRule: rule } : {}),
    };
  });
}

function commandEntry(): TaskInput {
  return {
    name: commandInput.name,
    type: 'pickList',
    label: commandInput.label,
    defaultValue: commandInput.default,
    required: true,
    helpMarkDown: [
      commandInput.help,
      ...commandNames.map((name) => `\`${name}\`: ${helpOn('task', commands[name].help)}`),
    ].join(' '),
    options: Object.fromEntries(commandNames.map((name) => [name, commands[name].label])),
  };
}

function entry(name: string): TaskInput {
  const definition = definitionOf(name);
  const fallback = defaultOf(definition);
  const rule = ruleOf(definition);
  const example = definition.type === 'boolean' ? '' : `Example: \`${definition.example}\`.`;
  return {
    name: inputNameOn('task', name),
    ...(definition.taskAliases ? { aliases: definition.taskAliases } : {}),
    ...typeOf(name, definition),
    label: definition.label,
    ...(fallback === undefined ? {} : { defaultValue: fallback }),
    required: isAlwaysRequired(definition),
    groupName: definition.group,
    ...(rule && rule !== groupRule(definition.group) ? { visibleRule: rule } : {}),
    helpMarkDown: [
      helpOn(
        'task',
        helpOf(definition, commandNames, (command) => command),
      ),
      choicesOf(definition),
      example,
    ]
      .filter(Boolean)
      .join(' '),
  };
}

/** The types of the service connections that inputs name. */
const serviceConnections: Readonly<Record<string, string>> = {
  'azure-subscription': 'AzureRM',
  'container-registry': 'dockerregistry',
};

function typeOf(name: string, definition: InputDefinition): object {
  const connection = serviceConnections[name];
  if (connection !== undefined) {
    return { type: `connectedService:${connection}`, properties: { EndpointFilterRule: '' } };
  }
  switch (definition.type) {
    case 'text':
      return { type: 'string' };
    case 'list':
    case 'lines':
      return { type: 'multiLine', properties: { resizable: true, rows: '2', maxLength: '20000' } };
    case 'boolean':
      return { type: 'boolean' };
    case 'choice':
      return {
        type: 'pickList',
        options: Object.fromEntries(Object.keys(definition.choices).map((name) => [name, name])),
      };
  }
}

/** When the form shows an input. Rules are conjunctions, as `&&` and `||` must not be mixed. */
function ruleOf(definition: InputDefinition): string {
  const { engine } = definition;
  return [commandRule(definition), engine ? `engine = ${engine}` : ''].filter(Boolean).join(' && ');
}

function commandRule({ commands: used }: InputDefinition): string {
  return commandNames
    .filter((command) => !used.includes(command))
    .map((command) => `${commandInput.name} != ${command}`)
    .join(' && ');
}

/** The rule about the command that all inputs of a group share, if there is one. */
function groupRule(group: InputGroup): string {
  const rules = inputsOf('task')
    .map(definitionOf)
    .filter((definition) => definition.group === group)
    .map(commandRule);
  return rules.every((rule) => rule === rules[0]) ? (rules[0] ?? '') : '';
}
