/**
 * Where our verdict is not that of the stock clients, and why. The list is closed: a case that is
 * not here must get one verdict from all, and one that is here must still differ. We may refuse
 * what they accept; we never accept what they refuse.
 */
import type { Verdict } from './verdict.js';

/** One reason for any number of cases. */
export interface Deviation {
  readonly why: string;
  /** By the name of the case: what the stock clients say. */
  readonly cases: Readonly<Record<string, Theirs>>;
}

/** All of them, or Docker's pull and notary's look-up each. */
export type Theirs = Verdict | { readonly docker: Verdict; readonly notary: Verdict };

const crash: Theirs = 'crash';
const image: Theirs = 'image 1.0';
const later: Theirs = 'image 2.0';

export const deviations: readonly Deviation[] = [
  {
    why: 'The same version number for two different documents: two clients see two truths. The stock clients compare only the number.',
    cases: {
      'the root changes without a new version': image,
      'targets changes without a new version': later,
      'the snapshot changes without a new version': later,
      'the timestamp changes without a new version': later,
      'releases changes without a new version': { docker: later, notary: 'old image' },
    },
  },
  {
    why: 'The stock clients check a delegation for rollback only if its parent changed too.',
    cases: {
      'releases falls back, targets as it was': { docker: later, notary: 'old image' },
    },
  },
  {
    why: 'A server takes away a delegation that the client knows, and its tags fall back to `targets`.',
    cases: { 'the snapshot does not list releases any more': 'old image' },
  },
  {
    why: 'A certificate for `*` or `prefix*` covers repositories that its owner never saw. No stock client makes one.',
    cases: {
      'the certificate is for any repository': image,
      'the certificate is for all repositories of the registry': image,
    },
  },
  {
    why: 'Rejected by all. An expired certificate needs another remedy than a wrong one, so we name it.',
    cases: {
      'the certificate has expired': 'invalid',
      'the certificate begins in two days': 'invalid',
      'an expired CA in the bundle': 'invalid',
    },
  },
  {
    why: 'Rejected by all. The stock clients say that there is no trust data, but only a part is missing.',
    cases: { 'an intermediate root is missing': 'none' },
  },
  {
    why: 'Without a timestamp the stock clients use the one they remember, for up to fourteen days: whoever blocks a connection can hold back a revocation.',
    cases: {
      'the timestamp is withheld with 503 from one who knows an earlier one': image,
      'the timestamp is withheld with 404 from one who knows an earlier one': image,
      'all trust data is gone for one who knows it': image,
    },
  },
  {
    why: 'The files are not consistent with each other. The stock clients take the missing ones from their cache and stay at the old state.',
    cases: {
      'a new targets among old files, for one who knows it': image,
      'an old timestamp among new files, for one who knows it': image,
    },
  },
  {
    why: 'The body is longer than its parent states, or endless. The stock clients cut it off and accept the rest.',
    cases: {
      'the timestamp does not end': image,
      'the snapshot does not end': image,
      'targets does not end': image,
    },
  },
  {
    why: 'A file cannot have a negative length. The stock clients read it as no limit.',
    cases: { 'the length of targets is negative': image },
  },
  {
    why: 'Go takes the last of two equal keys and ignores upper and lower case, other readers do not: two readers would see two documents.',
    cases: {
      'signed twice, the second one true': image,
      'Signed beside signed': image,
      'VERSION beside version': image,
      'Expires beside expires': image,
      'Hashes beside hashes': image,
      'a tag twice': image,
      'a lone surrogate in a name': image,
    },
  },
  {
    why: 'Go reads times, base64 and null more loosely than the standards and its own writers do.',
    cases: {
      'expires with ten digits of a second': image,
      'expires with a comma': image,
      'expires in a zone of 24 hours': image,
      'expires with one digit of the hour': image,
      'a signature with a line break in it': image,
      'a signature null': image,
      'a target null': 'refused',
      'another target null': image,
    },
  },
  {
    why: 'Delegations nest at most sixteen levels deep. This limits the work that a server can cause.',
    cases: { 'roles twenty levels deep': { docker: 'refused', notary: image } },
  },
  {
    why: 'The stock clients crash at `"signed":null`.',
    cases: {
      'releases is null': crash,
      'timestamp has signed null': crash,
      'snapshot has signed null': crash,
      'targets has signed null': crash,
      'signed is missing': crash,
    },
  },
];

/** What the stock clients are known to say about a case that we judge otherwise. */
export function deviationOf(name: string): Theirs | undefined {
  return deviations.find(({ cases }) => name in cases)?.cases[name];
}
