/**
 * How Go reads and prints Notary metadata, written down independently of the product so that the
 * fake trust server is a second opinion: canonical JSON for signatures, the re-printed document for
 * the hashes in a server-made snapshot (notary tuf/tuf.go, UpdateSnapshot).
 */
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = Record<string, Json>;

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** docker/go canonical JSON. */
export function goCanonical(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Error('canonical JSON has whole numbers only');
    return String(value);
  }
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`;
  if (Array.isArray(value)) return `[${value.map(goCanonical).join(',')}]`;
  const fields = Object.keys(value)
    .sort(byBytes)
    .map((key) => `${goCanonical(key)}:${goCanonical(value[key] as Json)}`);
  return `{${fields.join(',')}}`;
}

function escapeHtml(text: string): string {
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const object = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
const list = (value: Json | undefined): Json[] | null => (Array.isArray(value) ? value : null);
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** time.Time: parsed and printed again, so trailing zeros of the fraction and `+00:00` go. */
function goTime(value: Json | undefined): string {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/.exec(
    text(value),
  );
  if (!match) throw new Error('a time that Go cannot parse');
  const fraction = (match[2] ?? '').slice(0, 9).replace(/0+$/, '');
  const zone = match[3] === '+00:00' ? 'Z' : (match[3] ?? 'Z');
  return `${match[1] ?? ''}${fraction === '' ? '' : `.${fraction}`}${zone}`;
}

function goKeys(value: Json | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(object(value)).map(([id, key]) => [
      id,
      {
        keytype: text(object(key).keytype),
        keyval: { private: null, public: text(object(object(key).keyval).public) },
      },
    ]),
  );
}

function goMeta(value: Json): JsonObject {
  const { hashes, length } = object(value);
  return { hashes: hashes ?? null, length: length ?? 0 };
}

const mapValues = (value: Json | undefined, f: (v: Json) => Json): JsonObject =>
  Object.fromEntries(Object.entries(object(value)).map(([k, v]) => [k, f(v)]));

function goSigned(signed: JsonObject): JsonObject {
  const common = {
    _type: text(signed._type),
    expires: goTime(signed.expires),
    version: signed.version ?? 0,
  };
  switch (common._type) {
    case 'Root':
      return {
        ...common,
        consistent_snapshot: signed.consistent_snapshot ?? false,
        keys: goKeys(signed.keys),
        roles: mapValues(signed.roles, (role) => ({
          keyids: list(object(role).keyids),
          threshold: object(role).threshold ?? 0,
        })),
      };
    case 'Targets': {
      const delegations = object(signed.delegations);
      const roles = list(delegations.roles);
      return {
        ...common,
        delegations: {
          keys: goKeys(delegations.keys),
          roles:
            roles?.map((role) => {
              const { keyids, name, paths, threshold } = object(role);
              return {
                keyids: list(keyids),
                name: text(name),
                ...(list(paths)?.length && { paths: paths as Json }),
                threshold: threshold ?? 0,
              };
            }) ?? null,
        },
        targets: mapValues(signed.targets, (target) => ({
          ...goMeta(target),
          ...(object(target).custom != null && { custom: object(target).custom as Json }),
        })),
      };
    }
    case 'Snapshot':
    case 'Timestamp':
      return { ...common, meta: mapValues(signed.meta, goMeta) };
    default:
      throw new Error(`unknown _type ${common._type}`);
  }
}

/** The whole file as Go would print it after reading it. */
export function goReprint(document: JsonObject): Buffer {
  const signatures = (list(document.signatures) ?? []).map((entry) => {
    const { keyid, method, sig } = object(entry);
    return { keyid: text(keyid), method: text(method).toLowerCase(), sig: text(sig) };
  });
  return goFile(goSigned(object(document.signed)), signatures);
}

/** A file as Go prints it: `signed` compacted with HTML escaping, then the signatures. */
export function goFile(
  signed: JsonObject,
  signatures: { keyid: string; method: string; sig: string }[],
): Buffer {
  const rows = signatures.map(
    (s) => `{"keyid":"${s.keyid}","method":"${s.method}","sig":"${s.sig}"}`,
  );
  return Buffer.from(
    `{"signed":${escapeHtml(goCanonical(signed))},"signatures":[${rows.join(',')}]}`,
  );
}

/** What signatures are made over: the document as read, unknown fields included. */
export function signedBytes(document: JsonObject): Buffer {
  return Buffer.from(goCanonical(document.signed ?? null));
}

export type { Json, JsonObject };
