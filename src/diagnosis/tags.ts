/** Checks of tags: what each points to, what is signed of it, and with what. */
import { signatureArtifactType } from '../notation/index.js';
import {
  listReferrers,
  type RegistryClient,
  type RegistryClientOptions,
} from '../registry/index.js';
import { lookUpTag, type Gun, type TrustedView } from '../trust/index.js';
import { needing, pass, warn, type Check, type Observation } from './check.js';

/** The tags of a repository. */
interface TagsToCheck {
  readonly gun: Gun;
  readonly registry: string;
  readonly repository: string;
  readonly tags: readonly string[];
  /** Its trust data; undefined where Docker Content Trust is not used. */
  readonly reading: Promise<TrustedView | undefined> | undefined;
  readonly login: Promise<{
    readonly images: RegistryClient;
    readonly client: RegistryClientOptions;
  }>;
  readonly signal: AbortSignal;
}

/** One check for each tag. */
export function tagChecks(checked: TagsToCheck): readonly Check[] {
  return checked.tags.map((tag) => ({
    area: 'trust data',
    check: `tag ${tag}`,
    subject: checked.gun,
    onError: 'unknown',
    look: () => lookAtTag(tag, checked),
  }));
}

async function lookAtTag(
  tag: string,
  { registry, repository, reading, login, signal }: TagsToCheck,
): Promise<Observation> {
  const { images, client } = await needing(`the login to ${registry}`, login);
  const view = reading && (await needing('reading the trust data', reading));
  const digest = (await images.getManifest(repository, tag))?.digest;
  const found = view && lookUpTag(view, tag);
  const signed = found?.kind === 'signed' ? found.digest : undefined;
  if (digest === undefined) {
    return signed === undefined
      ? pass('not there yet')
      : warn(
          `not in the registry, and signed for ${signed}`,
          'If it was deleted on purpose, revoke its signature: "revoke".',
          { facts: { signed } },
        );
  }
  const access = { ...client, repository, signal };
  const { referrers } = await listReferrers(access, digest, signatureArtifactType);
  const facts = { digest, signed, notaryProjectSignatures: referrers.length };
  const beside = `Notary Project signatures: ${referrers.length}`;
  if (signed !== undefined && signed !== digest) {
    return warn(
      `moved: it points to ${digest}, and is signed for ${signed}; ${beside}`,
      'Clients with content trust get what is signed, all others what the tag points to. Find out who moved it, then sign again.',
      { facts },
    );
  }
  if (found?.kind === 'signed') {
    return pass(`${digest}, signed in ${found.role}; ${beside}`, { facts });
  }
  if (reading === undefined && referrers.length > 0) return pass(`${digest}; ${beside}`, { facts });
  const why = found?.kind === 'refused' ? `: ${found.reason}` : '';
  return warn(`${digest} is not signed${why}; ${beside}`, 'Sign it: "sign".', { facts });
}
