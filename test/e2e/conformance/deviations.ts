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
    why:
      'One version number that stands for two different documents is a fork: two clients see two ' +
      'truths. The stock clients compare numbers only.',
    cases: {
      'the root changes without a new version': image,
      'targets changes without a new version': later,
      'the snapshot changes without a new version': later,
      'the timestamp changes without a new version': later,
      'releases changes without a new version': { docker: later, notary: 'old image' },
    },
  },
  {
    why:
      'The stock clients compare a delegation with what they remember only if its parent has ' +
      'changed as well. We always do.',
    cases: {
      'releases falls back, targets as it was': { docker: later, notary: 'old image' },
    },
  },
  {
    why:
      'A server that takes away a delegation which its client knows makes tags fall back to what ' +
      'targets says of them. The stock clients go on without it.',
    cases: { 'the snapshot does not list releases any more': 'old image' },
  },
  {
    why:
      'A certificate for `*` or `prefix*` vouches for repositories that its owner never saw. No ' +
      'stock client makes such certificates.',
    cases: {
      'the certificate is for any repository': image,
      'the certificate is for all repositories of the registry': image,
    },
  },
  {
    why:
      'Refused by all. We tell a certificate outside its dates from one that was never right, ' +
      'because somebody else has to act.',
    cases: {
      'the certificate has expired': 'invalid',
      'the certificate begins in two days': 'invalid',
      'an expired CA in the bundle': 'invalid',
    },
  },
  {
    why:
      'Refused by all. The stock clients say that there is no trust data at all; there is, and a ' +
      'part of it is missing.',
    cases: { 'an intermediate root is missing': 'none' },
  },
  {
    why:
      'When the timestamp cannot be had, the stock clients go on with the one they remember, up to ' +
      'fourteen days long: whoever can block a connection can hold back a revocation. We refuse.',
    cases: {
      'the timestamp is withheld with 503 from one who knows an earlier one': image,
      'the timestamp is withheld with 404 from one who knows an earlier one': image,
      'all trust data is gone for one who knows it': image,
    },
  },
  {
    why:
      'Files that fit together only with the help of what a client remembers: the stock clients ' +
      'fill up from their memory and stay at the old state. We remember nothing but what to compare ' +
      'with, and refuse what the server cannot show whole.',
    cases: {
      'a new targets among old files, for one who knows it': image,
      'an old timestamp among new files, for one who knows it': image,
    },
  },
  {
    why:
      'A body longer than what its parent states, or without end, is cut off by the stock clients ' +
      'where it should have ended. We take it for what it is: not the file.',
    cases: {
      'the timestamp does not end': image,
      'the snapshot does not end': image,
      'targets does not end': image,
    },
  },
  {
    why: 'A file cannot have a negative length; the stock clients take it for no limit.',
    cases: { 'the length of targets is negative': image },
  },
  {
    why:
      'Go takes the last of two equal keys and matches names regardless of case, other readers do ' +
      'not. A document that says two things to two readers is refused.',
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
    why:
      'Go reads times, base64 and null more generously than RFC 3339, RFC 4648 and its own writers. ' +
      'What no writer writes is refused, so that every reader reads the same.',
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
    why: 'Delegations nest at most sixteen levels deep, which bounds the work a server can cause.',
    cases: { 'roles twenty levels deep': { docker: 'refused', notary: image } },
  },
  {
    why: 'The stock clients do not survive `"signed":null`. We say what is wrong.',
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
