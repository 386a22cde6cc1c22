/** What the main step of the action tells its post step. */
import { saveState } from '@actions/core';
import { cleanupVariable, serializeCleanup } from '../cleanup-registry.js';

const folders: string[] = [];

/** Notes a folder for the post step to remove. */
export function rememberForPost(folder: string): void {
  folders.push(folder);
  saveState(cleanupVariable, serializeCleanup(folders));
}
