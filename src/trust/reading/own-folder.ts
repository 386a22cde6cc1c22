/**
 * Whether what is kept in a folder was put there by this user: who can write to it decides what is
 * trusted. POSIX only: on Windows access lists decide, which Node.js does not read.
 */
import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';
import { TrustError } from '../../errors.js';

/** More links than any system follows on its way to one file. */
const mostLinks = 40;

const [groupWrite, othersWrite, sticky] = [0o020, 0o002, 0o1000];

/**
 * Makes sure that nobody but this user and root can put or replace anything at `place`: neither in
 * it, nor in a folder on the way to it. Places that are not there yet are for a later check.
 * @throws {TrustError} INPUT_INVALID
 */
export async function requireOwn(place: string, nameOfInput: string): Promise<void> {
  const user = process.getuid?.();
  if (user === undefined) return;
  for await (const { at, entry, isLast } of entriesOnWay(place)) {
    const flaw = flawOf(entry, user, isLast);
    if (flaw !== undefined) throw refused(place, at, flaw, nameOfInput);
  }
}

/** What is wrong with an entry on the way to the place, or with the place itself, for `user`. */
export function flawOf(
  entry: Pick<Stats, 'uid' | 'gid' | 'mode' | 'isSymbolicLink'>,
  user: number,
  isLast: boolean,
): string | undefined {
  const { uid, gid, mode } = entry;
  if (uid !== user && uid !== 0) return `belongs to another user (${uid})`;
  // The mode of a link says nothing; its folder has been looked at.
  if (entry.isSymbolicLink()) return undefined;
  // In a sticky folder such as /tmp others can add, but not replace what is ours.
  if (!isLast && (mode & sticky) !== 0) return undefined;
  if ((mode & othersWrite) !== 0) return 'can be written to by all users';
  // Where each user has a group of their own, that group has the user's number.
  if ((mode & groupWrite) !== 0 && gid !== uid) return `can be written to by its group (${gid})`;
  return undefined;
}

interface EntryOnWay {
  readonly at: string;
  readonly entry: Stats;
  readonly isLast: boolean;
}

/** Each entry that the system passes on its way, links followed one by one; ends where nothing is. */
async function* entriesOnWay(place: string): AsyncGenerator<EntryOnWay> {
  let at = path.parse(place).root;
  let names = namesIn(place);
  yield { at, entry: await lstat(at), isLast: names.length === 0 };
  for (let links = 0; names.length > 0;) {
    const [name = '', ...rest] = names;
    const next = path.join(at, name);
    const entry = await lstat(next).catch(() => undefined);
    if (entry === undefined) return;
    const isLink = entry.isSymbolicLink();
    yield { at: next, entry, isLast: rest.length === 0 && !isLink };
    if (!isLink) {
      [at, names] = [next, rest];
      continue;
    }
    links += 1;
    if (links > mostLinks) return;
    const target = path.resolve(at, await readlink(next));
    at = path.parse(target).root;
    names = [...namesIn(target), ...rest];
  }
}

function namesIn(absolute: string): readonly string[] {
  return absolute.split(path.sep).filter((name) => name !== '');
}

function refused(place: string, at: string, flaw: string, nameOfInput: string): TrustError {
  const where = at === place ? 'it' : at;
  return new TrustError(
    'INPUT_INVALID',
    `${place} cannot be used to keep trust data: ${where} ${flaw}`,
    {
      remedy:
        'Who can write there decides what this run trusts.\n' +
        `Remove ${place}, if it is there: others may have changed it.\n` +
        `Name a folder in ${nameOfInput} that only the user of this run can write to, such as one in its home folder.`,
    },
  );
}
