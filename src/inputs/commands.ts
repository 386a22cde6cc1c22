/** The commands as people see them: in forms, help and documents. */
import { commandGroups, type CommandGroup, type CommandName } from './types.js';

/** How a command is described. */
export interface CommandDefinition {
  /** A few words. */
  readonly label: string;
  /** Full sentences. */
  readonly help: string;
}

export const commands: Readonly<Record<CommandName, CommandDefinition>> = {
  buildAndPush: {
    label: 'Build, push and sign',
    help: 'Builds an image, pushes it under all of its tags, signs them and reads the signatures back.',
  },
  build: {
    label: 'Build',
    help: 'Builds an image, with its base images held to the `base-images` policy. Nothing is pushed or signed.',
  },
  push: {
    label: 'Push and sign',
    help: 'Pushes an image that the Docker engine has under all of its tags, signs them and reads the signatures back.',
  },
  sign: {
    label: 'Sign',
    help: 'Signs tags of images that are in the registry already, of one repository or of many. Needs no Docker.',
  },
  verify: {
    label: 'Verify',
    help: 'Verifies the signatures of images, given by name or in files, and hands them on by digest. Fails if any is unsigned or not as required. Needs no Docker.',
  },
  inspect: {
    label: 'Inspect',
    help: 'Shows who may sign repositories and what is signed: signers, keys, thresholds, expiry, every tag with its digest and signers, and the tags that are not signed. Needs no Docker, and no more than AcrPull.',
  },
  revoke: {
    label: 'Revoke',
    help: 'Takes the signatures of tags away from every role that the signing key may sign, and says which roles still carry them. The images stay. Needs no Docker.',
  },
  promote: {
    label: 'Promote',
    help: 'Copies images that are signed at their source to another repository or registry, by digest and with all platforms, and signs them there. Needs no Docker.',
  },
  keysInit: {
    label: 'Keys: create, and initialise repositories',
    help: 'Creates root key and repository keys in Key Vault, as far as they do not exist, and initialises repositories with them. A second run changes nothing.',
  },
  keysImport: {
    label: 'Keys: import from Docker',
    help: 'Imports the keys of a `~/.docker/trust/private` folder, or of a tar.gz backup of it, into Key Vault, and says which repositories each of them serves.',
  },
  keysExport: {
    label: "Keys: export in Docker's format",
    help: "Writes keys that may leave the vault (secrets, exportable certificates) into an archive in Docker's own format.",
  },
  keysBackup: {
    label: 'Keys: back up',
    help: 'Writes backups of keys into a folder, as Key Vault makes them: only Key Vault can read them again.',
  },
  keysRestore: {
    label: 'Keys: restore',
    help: 'Restores the keys of a backup folder into a vault, and proves that they are the same.',
  },
  keysRotate: {
    label: 'Keys: rotate',
    help: 'Replaces the key of a role: root, repository key or delegation; or hands the snapshot or timestamp key to the server. What was signed stays signed.',
  },
  keysStatus: {
    label: 'Keys: status',
    help: 'Shows when each role of repositories expires and which of the keys at hand can renew it. Fails when something expires soon, for a scheduled pipeline. Changes nothing.',
  },
  keysRenew: {
    label: 'Keys: renew',
    help: 'Signs the roles again that expire soon or have expired, as far as the keys at hand may, with nothing else changed.',
  },
  keysLost: {
    label: 'Keys: a way out of lost keys',
    help: 'For a lost key: says what still works, until when, and the steps out, judged by the keys still at hand. Changes nothing.',
  },
  signersList: {
    label: 'Signers: list',
    help: 'Lists the signers of repositories (`targets/<name>`) with their keys, and the keys of `targets/releases`.',
  },
  signersAdd: {
    label: 'Signers: add',
    help: "Adds a signer to repositories as Docker does: the signer's keys in `targets/<name>` and in `targets/releases`.",
  },
  signersRemove: {
    label: 'Signers: remove',
    help: 'Removes a signer from repositories: what is signed with its keys afterwards is refused.',
  },
  trustDelete: {
    label: 'Trust data: delete',
    help: 'Deletes all trust data of repositories, after listing what is lost. The images stay, and are unsigned then.',
  },
};

/** The input that names the command, on the hosts where it is one. */
export const commandInput = {
  name: 'command',
  label: 'Command',
  help: 'What to do.',
  default: 'buildAndPush',
} as const satisfies { default: CommandName; [key: string]: string };

/** The group of a command and its name within it; a command of its own has no group. */
export function placeOf(command: CommandName): {
  readonly group: CommandGroup | undefined;
  readonly verb: string;
} {
  const group = commandGroups.find((name) => new RegExp(`^${name}[A-Z]`).test(command));
  return { group, verb: kebab(group === undefined ? command : command.slice(group.length)) };
}

/** The words that ask for a command on a command line: `keys init`, `build-and-push`. */
export function commandLineOf(command: CommandName): readonly string[] {
  const { group, verb } = placeOf(command);
  return group === undefined ? [verb] : [group, verb];
}

function kebab(name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return words.replace(/^-/, '');
}
