/** What administration of signers refuses, and the body it works on. */
import { TrustError } from '../../errors.js';
import type { TargetsSigned } from '../metadata/types.js';
import type { Signer } from '../signer.js';
import type { TrustedView } from '../verification/index.js';
import type { PullChange } from './pull-changes.js';
import { listingOf, formatKeyIds, type RoleListing } from './role-listing.js';

/** The body of `targets`, which every view has. */
export function targetsOf(view: TrustedView): TargetsSigned {
  const targets = view.targets.get('targets');
  if (!targets) throw new TypeError('a view without targets');
  return targets.signed;
}

/** The keys of `targets`, which every root has. */
export function targetsListing(view: TrustedView): RoleListing {
  const listing = listingOf(view, 'targets');
  if (!listing) throw new TypeError('a root without targets');
  return listing;
}

/** The available keys do not make up what `targets` asks for. */
export function signerChangeNotAuthorized(
  view: TrustedView,
  signers: readonly Pick<Signer, 'keyId'>[],
): TrustError {
  const { keys, threshold } = targetsListing(view);
  const needed = formatKeyIds(keys);
  const given = signers.map(({ keyId }) => keyId).join(', ');
  const count = threshold > 1 ? `${threshold} signatures` : 'the signature';
  return new TrustError(
    'KEY_NOT_AUTHORIZED',
    `To change the signers of ${view.gun}, ${count} of its repository key (${needed}) is needed, not the key ${given}`,
    {
      remedy:
        'Give the repository key, which only the owner of the repository has. If it is an earlier ' +
        'version of a Key Vault key, name that version.',
    },
  );
}

/** How a caller names what keeps tags alive, and what gives them up. */
interface LossInputs {
  readonly keys: string;
  readonly confirm: string;
}

/** Tags would be lost that nobody has given up. */
export function tagLossNotConfirmed(
  { gun }: TrustedView,
  name: string,
  lost: readonly PullChange[],
  { keys, confirm }: LossInputs = { keys: 'the available keys', confirm: 'the confirmation' },
): TrustError {
  const shown = lost.slice(0, mostTags).map(({ tag, after }) => {
    return after === undefined ? tag : `${tag} (would point to ${after} again)`;
  });
  const more = lost.length > shown.length ? ` and ${lost.length - shown.length} more` : '';
  return new TrustError(
    'CONFIRMATION_MISSING',
    `With the signer ${name}, ${gun} would lose signed tags: ${shown.join(', ')}${more}`,
    {
      remedy:
        'targets/releases counts as signed only while a key that stays has signed it. Add such a key, of ' +
        `another signer, to ${keys}, and nothing is lost; or make the repository key a signer first ` +
        `("signers add"). To give the tags up, name the repository in ${confirm}.`,
    },
  );
}

/** An error is read by people; the report has every tag. */
const mostTags = 20;
