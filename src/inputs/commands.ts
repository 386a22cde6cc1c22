/** The commands as people see them: in forms, help and documents. */
import type { CommandName } from './types.js';

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
};

/** The input that names the command, on the hosts where it is one. */
export const commandInput = {
  name: 'command',
  label: 'Command',
  help: 'What to do.',
  default: 'buildAndPush',
} as const satisfies { default: CommandName; [key: string]: string };

/** The command's name on a command line: kebab case. */
export function kebabCommand(command: CommandName): string {
  return command.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
