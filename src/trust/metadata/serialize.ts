/**
 * Prints metadata exactly as Go would. notary-server lists in its snapshot the hash of its own
 * reprint of an upload while it stores the upload: one differing byte breaks the repository behind
 * a 200 (tuf/tuf.go SignSnapshot, UpdateSnapshot). So only known fields are written, in one form.
 */
import { requireBase64 } from './base64.js';
import { canonicalRecord, canonicalText } from './canonical-json.js';
import { MetadataError } from './error.js';
import { goExpires } from './expires.js';
import type { JsonValue } from './json-text.js';
import type {
  Delegations,
  FileMeta,
  PublicKey,
  Signature,
  Signed,
  Target,
  TargetsSigned,
} from './types.js';
import { usualTargetText } from './usual-target.js';

/**
 * The canonical JSON of `signed`: what is signed. Unknown fields do not survive, because they would
 * not survive Go. @throws {MetadataError} for what Go could not print: control characters in names,
 * numbers that are no integers, malformed base64 or expiry.
 */
export function canonicalForm(signed: Signed): Buffer {
  const text = signed._type === 'Targets' ? targetsText(signed) : canonicalText(plainForm(signed));
  refuseControlCharacters(text);
  return Buffer.from(text, 'utf8');
}

/**
 * The bytes of the file: what is uploaded and hashed.
 * @param form the canonical form of `signed`, where it is known: a large one takes long to print.
 * @throws {MetadataError} as canonicalForm.
 */
export function serializeEnvelope(
  signed: Signed,
  signatures: readonly Signature[],
  form = canonicalForm(signed),
): Buffer {
  const list = signatures.map(({ keyid, method, sig }) => {
    requireBase64(sig, 'the signature');
    return { keyid, method: method.toLowerCase(), sig };
  });
  const tail = canonicalText(list);
  refuseControlCharacters(tail);
  const pieces = ['{"signed":', form, ',"signatures":', Buffer.from(tail), '}'];
  return Buffer.concat(
    pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : escapeHtml(piece))),
  );
}

/** encoding/json compacts raw messages with HTML escaping when it prints the envelope. */
function escapeHtml(text: Buffer): Buffer {
  if (!escaped.some((character) => text.includes(character))) return text;
  const escapes = new RegExp(`[${escaped.join('')}]`, 'g');
  return Buffer.from(
    text
      .toString('utf8')
      .replace(
        escapes,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
  );
}

const escaped = ['<', '>', '&', '\u2028', '\u2029'];

/** Go signs such a document but then cannot print it: its own scanner refuses raw controls. */
function refuseControlCharacters(form: string): void {
  // eslint-disable-next-line no-control-regex -- that is what is looked for
  if (!/[\0-\x1f]/.test(form)) return;
  throw new MetadataError('a name or value contains a control character');
}

/** Printed target by target: another copy of all of them would take as much memory again. */
function targetsText({ _type, delegations, expires, targets, version }: TargetsSigned): string {
  const first = { _type, delegations: delegationsForm(delegations), expires: goExpires(expires) };
  const all = canonicalRecord(
    targets,
    (target) => usualTargetText(target) ?? canonicalText(targetForm(target), 2),
  );
  return `${canonicalText(first).slice(0, -1)},"targets":${all},"version":${canonicalText(version)}}`;
}

function plainForm(signed: Exclude<Signed, TargetsSigned>): JsonValue {
  const common = {
    _type: signed._type,
    version: signed.version,
    expires: goExpires(signed.expires),
  };
  switch (signed._type) {
    case 'Root':
      return {
        ...common,
        consistent_snapshot: signed.consistent_snapshot,
        keys: mapRecord(signed.keys, keyForm),
        roles: mapRecord(signed.roles, ({ keyids, threshold }) => ({ keyids, threshold })),
      };
    case 'Snapshot':
    case 'Timestamp':
      return { ...common, meta: mapRecord(signed.meta, fileForm) };
  }
}

function delegationsForm({ keys, roles }: Delegations): JsonValue {
  return {
    keys: mapRecord(keys, keyForm),
    roles: roles.map(({ keyids, name, paths, threshold }) => ({
      keyids,
      name,
      threshold,
      // tuf/data/roles.go: `paths` is omitempty.
      ...(paths.length === 0 ? {} : { paths }),
    })),
  };
}

function keyForm({ keytype, keyval }: PublicKey): JsonValue {
  requireBase64(keyval.public, 'the public key');
  return { keytype, keyval: { private: null, public: keyval.public } };
}

function targetForm(target: Target): JsonValue {
  // tuf/data/types.go: `custom` is a raw message with omitempty; null would be printed once only.
  const custom = (target.custom ?? undefined) as JsonValue | undefined;
  return { ...fileForm(target), ...(custom === undefined ? {} : { custom }) };
}

function fileForm({ hashes, length }: FileMeta): Readonly<Record<string, JsonValue>> {
  for (const [algorithm, value] of Object.entries(hashes)) requireBase64(value, algorithm);
  return { hashes, length };
}

function mapRecord<T>(
  record: Readonly<Record<string, T>>,
  form: (member: T) => JsonValue,
): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(Object.entries(record).map(([name, member]) => [name, form(member)]));
}
