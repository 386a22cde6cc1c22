/**
 * Is it safe to switch Docker Content Trust off? Yes only where everything could be read, and every
 * tag that verifies now has a Notary Project signature that holds it. What goes in any case is listed.
 */
import type { TrustError } from '../errors.js';
import type { RoleName } from '../trust/index.js';
import type { TagOutcome } from './images.js';
import type { Inventory } from './inventory.js';

/** A repository at the end of a run. */
export interface RepositoryOutcome {
  readonly gun: string;
  /** What its trust data is worth; `unsigned`: it has none. */
  readonly trustData: 'verified' | 'expired' | 'unsigned' | 'unreadable';
  /** What the root is pinned by; undefined where nothing but the server says that it is genuine. */
  readonly pinnedBy?: string | undefined;
  readonly tags: readonly TagOutcome[];
  readonly unverifiable: Inventory['unverifiable'];
  readonly thresholds: readonly RoleName[];
  /** What kept the repository from being read, or one of its images. */
  readonly error?: TrustError | undefined;
}

/** Whether a tag keeps its signature when content trust is gone. */
export function isKept({ state, signature }: TagOutcome): boolean {
  // Nobody can pull an image that was deleted, signed or not.
  return state === 'both' || state === 'gone' || (state === 'moved' && signature !== undefined);
}

/** The answer for some repositories. */
export interface SwitchOff {
  readonly isSafe: boolean;
  /** How many tags would be without any signature. */
  readonly missing: number;
  /** How many repositories could not be read as a whole. */
  readonly unread: number;
  /** What is lost in any case, a sentence each. */
  readonly lost: readonly string[];
}

/** Judges `repositories`. */
export function judgeSwitchOff(repositories: readonly RepositoryOutcome[]): SwitchOff {
  const tags = repositories.flatMap((repository) => repository.tags);
  const missing = tags.filter((tag) => !isKept(tag)).length;
  const unread = repositories.filter(
    ({ error, trustData }) => error !== undefined || trustData === 'unreadable',
  ).length;
  return { isSafe: missing === 0 && unread === 0, missing, unread, lost: lossesOf(repositories) };
}

function lossesOf(repositories: readonly RepositoryOutcome[]): readonly string[] {
  const thresholds = repositories.flatMap(({ gun, thresholds: roles }) =>
    roles.map((role) => `${role} of ${gun}`),
  );
  const expired = repositories.flatMap(({ unverifiable }) =>
    unverifiable.filter(({ state }) => state === 'expired'),
  );
  const gone = repositories.flatMap((repository) =>
    repository.tags.filter(({ state }) => state === 'gone'),
  );
  return [
    'Tags: a Notary Project signature is for a digest. Its signed metadata holds the tags, and only a verifier that demands them (require-signed-tag, notation verify --user-metadata) notices a tag that was moved to another signed image.',
    'Freshness: the signature of an old image stays valid until its certificates or the signature itself expire. Nobody notices an old image that is served in place of a new one.',
    `Thresholds: one signature is enough.${thresholds.length === 0 ? ' No role of these repositories needs more today.' : ` Several are needed today by ${namesOf(thresholds)}.`}`,
    'Consumers: Docker does not verify Notary Project signatures. A pull with DOCKER_CONTENT_TRUST=1 fails, and one without it verifies nothing: move every consumer to notation, Ratify, Kyverno or the command verify first.',
    ...(expired.length > 0
      ? [
          `Expired (${expired.length}): tags in trust data that has expired. Nobody can verify them today, and they are not signed. To keep them, renew the trust data (keys renew), then migrate.`,
        ]
      : []),
    ...(gone.length > 0
      ? [
          `Deleted (${gone.length}): the images of these signed tags are not in the registry any more.`,
        ]
      : []),
  ];
}

const mostNamed = 10;

function namesOf(names: readonly string[]): string {
  const rest = names.length - mostNamed;
  const named = names.slice(0, mostNamed).join(', ');
  return rest > 0 ? `${named} and ${rest} more` : named;
}
