/** The task as an agent gets it: packed into a .vsix and unzipped again. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { packExtension } from '../../../scripts/packages/extension.js';

/** The folder of an unpacked task. */
export interface UnpackedTask {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Packs dist/ as it is and unzips the package into a temporary folder. */
export async function unpackTask(): Promise<UnpackedTask> {
  const parent = await mkdtemp(path.join(tmpdir(), 'unpacked-task-'));
  const vsix = await packExtension(path.join(parent, 'out'));
  const unpacked = path.join(parent, 'unpacked');
  await promisify(execFile)('unzip', ['-q', vsix, '-d', unpacked]);
  return {
    folder: path.join(unpacked, 'AcrContentTrust/AcrContentTrustV1'),
    remove: () => rm(parent, { recursive: true }),
  };
}
