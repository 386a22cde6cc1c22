/** What a host hands from a step to its post step: variables with the state that the step saved. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ProductResult } from './product.js';

/** The environment of the post step of a run: STATE_ variables, or task variables. */
export async function stateForPost({
  host,
  folder,
  stdout,
}: ProductResult): Promise<Record<string, string>> {
  if (host === 'action') {
    const state = await readFile(path.join(folder, 'state'), 'utf8');
    const matches = [...state.matchAll(/^([^\r\n<]+)<<(\S+)\r?\n([^]*?)\r?\n\2\r?$/gm)];
    return Object.fromEntries(matches.map(([, name, , value]) => [`STATE_${name}`, value ?? '']));
  }
  const matches = [
    ...stdout.matchAll(/^##vso\[task\.settaskvariable variable=([^;]+);[^\]]*\](.*)$/gm),
  ];
  return Object.fromEntries(
    matches.map(([, name = '', value = '']) => [`VSTS_TASKVARIABLE_${name.toUpperCase()}`, value]),
  );
}
