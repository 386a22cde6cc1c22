/** actionlint as a judge of workflows. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../docs/pages.js';
import { askGoProgram, buildGoProgram } from '../judges/go-program.js';

/**
 * What is wrong with workflows of this project, and with `texts` by their path; undefined where there
 * is no judge, which in CI there must be.
 */
export async function actionlint(
  files: readonly string[],
  texts: Readonly<Record<string, string>> = {},
): Promise<readonly string[] | undefined> {
  const judge = await buildGoProgram(path.join(root, 'test/judges/actionlint'));
  if (judge.kind === 'unavailable') return undefined;
  const read = files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]);
  const workflows = { ...Object.fromEntries(read), ...texts } as Record<string, string>;
  return (await askGoProgram(judge.path, workflows)) as readonly string[];
}
