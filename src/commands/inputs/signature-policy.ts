/** The inputs that say which Notary Project signatures an image needs, and of whom. */
import type { ImageRequest } from '../../deployment-files/index.js';
import type { Inputs } from '../../inputs/index.js';
import type { SignaturePolicy, RequiredKinds } from '../../verification/index.js';
import { parseMetadata, signatures } from './notary-project.js';
import { refuseInputs, type Read } from './read.js';
import { readSignatureTrust, signatureTrustInputs } from './signature-trust.js';

/** What only Notary Project signatures can be asked. */
export const signaturePolicyInputs = {
  ...signatureTrustInputs,
  'required-metadata': {
    type: 'lines',
    form: 'label',
    group: 'verification',
    label: 'Required metadata',
    help: 'Pairs `name=value` that a Notary Project signature must hold to count, one a line.',
    example: 'build=1.4.2-rc.1',
  },
  'require-signed-tag': {
    type: 'boolean',
    group: 'verification',
    label: 'Require the signed tag',
    help: 'A Notary Project signature counts only if it names the tag that was asked for, as `sign` has it: `tag:<tag>` with the repository as its value. Such signatures are of a digest, so without this whoever may push can put a tag on any signed image. An image that is named by its digest alone needs no tag.',
    default: false,
    example: 'true',
  },
} as const satisfies Inputs;

type PolicyRead = Read<typeof signaturePolicyInputs & { readonly signatures: typeof signatures }>;

/** Which kinds of signatures images need. */
export interface KindsNeeded extends Pick<SignaturePolicy, 'requires'> {
  /** All that any image may need. */
  readonly named: readonly RequiredKinds[];
}

/**
 * How Notary Project signatures are verified; undefined where they count for no image, and where
 * something is wrong with an input.
 * @param refuseContentTrust refuses what only content trust can be asked, where it counts for no image.
 */
export async function readSignaturePolicy(
  read: PolicyRead,
  { requires, named }: KindsNeeded,
  requests: readonly ImageRequest[],
  refuseContentTrust: (problem: string, remedy: string) => void,
): Promise<SignaturePolicy | undefined> {
  const { values, parse, nameInput } = read;
  const input = nameInput('signatures');
  if (named.every((kind) => kind === 'notary-project')) {
    refuseContentTrust(
      'is set, and content trust counts for no image',
      `Leave it out, or set ${input} to both or either.`,
    );
  }
  if (named.every((kind) => kind === 'dct')) {
    const remedy = `Set ${input} to notary-project, both or either, or leave it out.`;
    refuseInputs(signaturePolicyInputs, read, `is set, and "${input}" is "dct"`, remedy);
    return undefined;
  }
  const guns = new Set(requests.map(({ gun }) => gun).filter((gun) => requires(gun) !== 'dct'));
  const openTrust = await readSignatureTrust(read, [...guns]);
  const lines = values['required-metadata'];
  const metadata = parse('required-metadata', () => parseMetadata(lines, true));
  if (!openTrust || !metadata) return undefined;
  return { requires, openTrust, metadata, isTagRequired: values['require-signed-tag'] };
}
