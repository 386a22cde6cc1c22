/** Steps of workflows and pipelines that people copy, held against the table of inputs. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import {
  collectProblems,
  definitionOf,
  inputsOf,
  readCommand,
  readInputs,
} from '../../src/commands/index.js';
import {
  commandGroups,
  commandInput,
  inputNameOn,
  isReference,
  type HostName,
} from '../../src/inputs/index.js';
import { root } from './pages.js';

/** Inputs as YAML gives them; anything but these kinds fails the test that reads it. */
type Given = Readonly<Record<string, string | number | boolean>>;

/** A step of either host. */
export interface Step {
  readonly task?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly inputs?: Given;
  readonly with?: Given;
}

/** A step that runs this product. */
export interface Example {
  readonly where: string;
  readonly host: HostName;
  /** As the step names it, or its action does. */
  readonly command: string;
  readonly inputs: Given;
}

const task = JSON.parse(
  readFileSync(path.join(root, 'tasks/AcrContentTrustV1/task.json'), 'utf8'),
) as { readonly name: string; readonly version: { readonly Major: number } };

/** A step as an example of this product; undefined for a step of others. */
export function exampleOf(step: Step, where: string): Example | undefined {
  if (step.task?.startsWith(task.name)) {
    expect(step.task).toBe(`${task.name}@${task.version.Major}`);
    const inputs = step.inputs ?? {};
    return { where, host: 'task', command: commandIn(inputs), inputs };
  }
  const own = /^acr-content-trust\/acr-content-trust(?:\/actions\/(\w+))?@v(\d+)$/.exec(
    step.uses ?? '',
  );
  if (!own) return undefined;
  expect(Number(own[2])).toBe(task.version.Major);
  const inputs = step.with ?? {};
  const isGroup = commandGroups.some((group) => group === own[1]);
  const command = isGroup ? `${own[1] ?? ''} ${commandIn(inputs)}` : (own[1] ?? commandIn(inputs));
  return { where, host: 'action', command, inputs };
}

function commandIn(inputs: Given): string {
  return String(inputs[commandInput.name] ?? commandInput.default);
}

const secretOnCi = /^\$\{\{ secrets\.\w+ \}\}$|^\$\(\w+\)$/;

/** Fails unless a step's inputs exist for its command, with all that are needed and no secret. */
export function expectUnderstood({ host, command: named, inputs }: Example): void {
  const problems = collectProblems((name) => name);
  const command = readCommand(named, problems);
  problems.throwIfAny();
  // The service looks names up in any case, and takes aliases.
  const asLookedUp = (name: string) => (host === 'task' ? name.toLowerCase() : name);
  const aliasesOf = (name: string) =>
    host === 'task' ? (definitionOf(name).taskAliases ?? []) : [];
  const offered = new Map(
    inputsOf(host, command).flatMap((name) =>
      [inputNameOn(host, name), ...aliasesOf(name)].map((own) => [asLookedUp(own), name] as const),
    ),
  );
  const texts = new Map<string, string>();
  for (const [given, value] of Object.entries(inputs)) {
    if (given === commandInput.name) continue;
    expect([...offered.keys()]).toContain(asLookedUp(given));
    const name = offered.get(asLookedUp(given));
    if (name === undefined) continue;
    const text = String(value);
    texts.set(name, text);
    if (definitionOf(name).secret !== true) continue;
    // A page must not teach anyone to write a secret into a file.
    expect(isReference(definitionOf(name), text) || secretOnCi.test(text)).toBe(true);
  }
  const read = (name: string): string => {
    const text = texts.get(name) ?? '';
    // Known when it runs only.
    return /^\$\{\{[^}]*\}\}$/.test(text) ? definitionOf(name).example : text;
  };
  readInputs(command, host, read, problems);
  // The connection names the registry.
  if (texts.has('container-registry')) problems.settle('registry');
  problems.throwIfAny();
}
