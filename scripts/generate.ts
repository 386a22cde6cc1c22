/** Writes what is made from the table of inputs: action.yml, the task's manifest, docs/reference.md. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { commandGroups, placeOf, type CommandGroup } from '../src/inputs/index.js';
import { commandNames, type CommandName } from '../src/commands/index.js';
import { actionYml, commandActionYml, groupActionYml } from './generated/action.js';
import { referenceMd } from './generated/docs.js';
import { taskJson, taskStrings } from './generated/task.js';

/** The project's folder. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The task's folder, relative to the project's. */
export const taskFolder = 'tasks/AcrContentTrustV1';

/** The commands that have an action of their own; it needs nothing that the others do. */
export const commandActions: readonly CommandName[] = [
  'sign',
  'verify',
  'inspect',
  'revoke',
  'promote',
  'migrate',
  'doctor',
  'exportPolicy',
];

/** The groups that have an action of their own, with their commands. */
export const groupActions: ReadonlyMap<CommandGroup, readonly CommandName[]> = new Map(
  commandGroups.map((group) => [
    group,
    commandNames.filter((name) => placeOf(name).group === group),
  ]),
);

/** Every generated file: its path relative to the project, and its text. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const task = taskJson(await packageVersion());
  const json = (value: unknown) => JSON.stringify(value, null, 2);
  const texts = new Map([
    ['action.yml', actionYml()],
    ...commandActions.map((command): [string, string] => [
      `actions/${placeOf(command).verb}/action.yml`,
      commandActionYml(command),
    ]),
    ...[...groupActions].map(([group, commands]): [string, string] => [
      `actions/${group}/action.yml`,
      groupActionYml(group, commands),
    ]),
    [`${taskFolder}/task.json`, json(task)],
    [`${taskFolder}/Strings/resources.resjson/en-US/resources.resjson`, json(taskStrings(task))],
    ['docs/reference.md', referenceMd()],
  ]);
  const formatted = [...texts].map(async ([file, text]): Promise<[string, string]> => {
    const options = await resolveConfig(path.join(root, file));
    const parser = file.endsWith('.yml') ? 'yaml' : file.endsWith('.md') ? 'markdown' : 'json';
    return [file, await format(text, { ...options, parser })];
  });
  return new Map(await Promise.all(formatted));
}

/** The version in package.json, which all others follow. */
export async function packageVersion(): Promise<string> {
  const text = await readFile(path.join(root, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

async function main(): Promise<void> {
  for (const [file, text] of await generatedFiles()) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
    console.log(file);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
