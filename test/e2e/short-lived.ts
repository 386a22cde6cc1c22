/** Trust data that expires while a test waits: really signed, really expired, for every client. */
import path from 'node:path';
import { expect } from 'vitest';
import { run, type Login, type StackClient } from '../stack/index.js';
import type { ShortLivedJob } from './short-lived-driver.js';

/** Seconds that the publish and its read-back get before the roles expire. */
const lifeSeconds = 4;

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
  const at = Math.ceil(Date.now() / 1000 + lifeSeconds) * 1000;
  const job: ShortLivedJob = { gun, login, keys, expires: new Date(at).toISOString() };
  const driver = path.join(import.meta.dirname, 'short-lived-driver.ts');
  const result = await run(process.execPath, ['--import', 'tsx', driver], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    env: { ...stack.info.env, PATH: '/usr/bin:/bin', HOME: stack.info.folder },
    input: JSON.stringify(job),
  });
  expect(result.exitCode, result.output).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, Math.max(at + 500 - Date.now(), 0)));
}
