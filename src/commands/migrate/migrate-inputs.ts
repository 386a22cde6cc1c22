/** What `migrate` is asked for: which repositories, and to sign what is missing or to look. */
import type { Inputs } from '../../inputs/index.js';
import { dryRun } from '../inputs/image.js';
import { signingKey } from '../inputs/key-inputs.js';
import type { NotaryProjectConfiguration } from '../../image-signing/index.js';
import { notaryProjectOnly, readNotaryProject } from '../inputs/notary-project.js';
import type { ScopedPin, OpenTrust } from '../../verification/index.js';
import { readScopedPins, trustPin } from '../inputs/pins.js';
import { refuseInputs, type Read } from '../inputs/read.js';
import { readSignatureTrust, signatureTrustInputs } from '../inputs/signature-trust.js';
import { readSelection, selectionInputs, type Selection } from './select-repositories.js';

const onlyToSign = {
  'signing-key': {
    ...signingKey,
    note: 'A certificate in Key Vault. A dry run without it takes the inventory only.',
  },
  ...notaryProjectOnly,
} as const satisfies Inputs;

/** Time stamps are made and verified by the same roots. */
const { 'timestamp-root': timestampRoot, ...onlyToCheck } = signatureTrustInputs;

export const migrateInputs = {
  ...selectionInputs,
  check: {
    type: 'boolean',
    group: 'verification',
    label: 'Check only',
    help: 'Answers whether it is safe to switch content trust off, and signs nothing: it needs no key, but `trusted-certificate` or `trust-policy`. The run fails unless every signed tag has a Notary Project signature that verifies.',
    default: false,
    example: 'true',
  },
  'dry-run': dryRun,
  ...onlyToSign,
  ...onlyToCheck,
  'timestamp-root': timestampRoot,
  'trust-pin': {
    ...trustPin,
    note: '`contoso.azurecr.io/*=` before a pin limits it to repositories of such names.',
  },
} as const satisfies Inputs;

/** What is done with each image. */
export type Mode =
  | { readonly kind: 'sign'; readonly notaryProject: NotaryProjectConfiguration }
  | { readonly kind: 'dry-run'; readonly notaryProject: NotaryProjectConfiguration | undefined }
  | { readonly kind: 'check'; readonly openTrust: OpenTrust };

export interface MigrateConfiguration {
  readonly selection: Selection;
  readonly pins: readonly ScopedPin[];
  readonly mode: Mode;
}

/** Reads the inputs, and notes what is wrong. */
export async function readMigration(
  read: Read<typeof migrateInputs>,
): Promise<MigrateConfiguration | undefined> {
  const selection = readSelection(read);
  const pins = readScopedPins('trust-pin', read);
  const mode = read.values.check ? await readCheck(read) : readSigning(read);
  return mode && { selection, pins, mode };
}

async function readCheck(read: Read<typeof migrateInputs>): Promise<Mode | undefined> {
  const { values, conflict, nameInput } = read;
  const problem = `is set, and "${nameInput('check')}" signs nothing`;
  const remedy = `Leave it out, or leave out ${nameInput('check')} to sign.`;
  refuseInputs(onlyToSign, read, problem, remedy);
  if (values['dry-run']) conflict('dry-run', problem, remedy);
  const openTrust = await readSignatureTrust(read);
  return openTrust && { kind: 'check', openTrust };
}

function readSigning(read: Read<typeof migrateInputs>): Mode | undefined {
  const { values, add, nameInput } = read;
  const problem = `is set, and nothing is verified without "${nameInput('check')}"`;
  refuseInputs(onlyToCheck, read, problem, `Leave it out, or set ${nameInput('check')} to true.`);
  const isDryRun = values['dry-run'];
  const notaryProject = readNotaryProject(read);
  if (isDryRun) return { kind: 'dry-run', notaryProject };
  if (values['signing-key'] === undefined) {
    add({
      input: 'signing-key',
      problem: 'is not set, and something is to be signed',
      code: 'INPUT_MISSING',
      remedy: `Name a certificate in Key Vault. ${nameInput('dry-run')} and ${nameInput('check')} need none.`,
    });
  }
  return notaryProject && { kind: 'sign', notaryProject };
}
