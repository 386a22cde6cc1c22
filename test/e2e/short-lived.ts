/** Trust data that expires while a test waits: really signed, really expired, for every client. */
import path from 'node:path';
import { expect } from 'vitest';
import { run, type Login, type StackClient } from '../stack/index.js';
import type { ShortLivedJob } from './short-lived-driver.js';

/**
 * Signs roles of `gun` again so that they expire within seconds, and waits until they have.
 * @param keys PEM of the key of each role, such as `{ targets: '...' }`.
 */
export async function expireRoles(
  stack: StackClient,
  gun: string,
  login: Login,
  keys: Readonly<Record<string, string>>,
): Promise<void> {
  const job: ShortLivedJob = { gun, login, keys };
  const driver = path.join(import.meta.dirname, 'short-lived-driver.ts');
  const result = await run(process.execPath, ['--import', 'tsx', driver], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    env: { ...stack.info.env, PATH: '/usr/bin:/bin', HOME: stack.info.folder },
    input: JSON.stringify(job),
  });
  expect(result.exitCode, result.output).toBe(0);
  const end = Date.parse(result.stdout.trim());
  expect(end, result.output).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, Math.max(end + 500 - Date.now(), 0)));
}
