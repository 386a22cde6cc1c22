/** Finds what is wrong with the task's manifest. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv } from 'ajv';
import { root, taskFolder } from '../generate.js';
import { taskSchema } from './task-schema.js';

/** The problems of task.json, a line each; none if it is sound. */
export async function taskProblems(): Promise<readonly string[]> {
  const text = await readFile(path.join(root, taskFolder, 'task.json'), 'utf8');
  return taskProblemsOf(JSON.parse(text));
}

/** The problems of a parsed task.json. */
export function taskProblemsOf(task: unknown): readonly string[] {
  const validate = new Ajv({ allErrors: true }).compile(taskSchema);
  if (validate(task)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `task.json${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
  );
}
