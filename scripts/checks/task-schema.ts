/**
 * What a task.json of ours may look like: our own, narrower statement of the rules that
 * microsoft/azure-pipelines-task-lib publishes as tasks.schema.json (keys, patterns, handlers).
 */

const text = { type: 'string', minLength: 1 } as const;
const texts = { type: 'array', items: text, minItems: 1, uniqueItems: true } as const;
const inputName = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9]*$' } as const;

function object(required: Record<string, object>, optional: Record<string, object> = {}): object {
  return {
    type: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
  };
}

/** "Node20" without "_1", for example, is ignored by agents, so only these two may appear. */
const handlers = object({
  Node24: object({ target: text }),
  Node20_1: object({ target: text }),
});

/** A visible rule: conditions joined by one kind of operator only. */
const rule = {
  type: 'string',
  pattern: String.raw`^\w+ !?= \w+(( && \w+ !?= \w+)*|( \|\| \w+ !?= \w+)*)$`,
} as const;

const input = object(
  {
    name: inputName,
    label: text,
    type: {
      type: 'string',
      pattern: String.raw`^(boolean|filePath|multiLine|pickList|radio|secureFile|string|connectedService:\w+)$`,
    },
    required: { type: 'boolean' },
    helpMarkDown: text,
  },
  {
    aliases: { type: 'array', items: inputName },
    defaultValue: text,
    groupName: text,
    visibleRule: rule,
    options: { type: 'object', additionalProperties: text, minProperties: 2 },
    properties: object(
      {},
      {
        EndpointFilterRule: { type: 'string' },
        resizable: { type: 'boolean' },
        rows: { type: 'string', pattern: '^[0-9]+$' },
        maxLength: { type: 'string', pattern: '^[0-9]+$' },
      },
    ),
  },
);

const number = { type: 'integer', minimum: 0 } as const;

/** JSON Schema of our task.json. */
export const taskSchema = object({
  $schema: text,
  id: { type: 'string', pattern: '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' },
  name: { type: 'string', pattern: String.raw`^[A-Za-z0-9\-]+$` },
  friendlyName: { ...text, maxLength: 40 },
  description: text,
  helpUrl: { type: 'string', pattern: '^https://' },
  helpMarkDown: text,
  author: text,
  category: { const: 'Azure Pipelines' },
  visibility: { ...texts, items: { enum: ['Build', 'Release'] } },
  runsOn: { ...texts, items: { enum: ['Agent', 'MachineGroup'] } },
  version: object({ Major: number, Minor: number, Patch: number }),
  minimumAgentVersion: { type: 'string', pattern: String.raw`^\d+\.\d+(\.\d+)?$` },
  instanceNameFormat: text,
  groups: {
    type: 'array',
    items: object(
      { name: text, displayName: text, isExpanded: { type: 'boolean' } },
      { visibleRule: rule },
    ),
  },
  inputs: { type: 'array', items: input },
  outputVariables: { type: 'array', items: object({ name: inputName, description: text }) },
  restrictions: object({ settableVariables: object({ allowed: texts }) }),
  execution: handlers,
  postjobexecution: handlers,
});
