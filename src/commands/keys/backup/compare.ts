/** Whether a backup may take the place of another: only when nothing is lost by it. Pure. */
import type { BackupObject, Identity, Manifest } from '../backup-folder/index.js';

/** An object that is to be backed up. */
export interface WantedObject extends Identity {
  readonly name: string;
}

/** What the backup in place has and the new one would not have, each named for people. */
export function whatWouldBeLost(
  { vault, objects }: Manifest,
  vaultUrl: string,
  wanted: readonly WantedObject[],
): readonly string[] {
  if (vault !== vaultUrl) return [`keys of ${vault}`];
  return objects.flatMap((object) => {
    const now = wanted.find(({ kind, name }) => kind === object.kind && name === object.name);
    if (!now) return [describe(object)];
    const kept = new Set(now.versions.map(({ version }) => version));
    return object.versions
      .filter(({ version }) => !kept.has(version) && object.kind !== 'secret')
      .map(({ version }) => `${describe(object)} version ${version}`);
  });
}

function describe({ kind, name }: BackupObject): string {
  return `${kind} ${name}`;
}
