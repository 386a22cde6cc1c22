/**
 * A Notary v1 server in process, reached through an HttpClient. It refuses what the real one
 * refuses (signatures, thresholds, versions, expiry) and writes into its snapshots the hash of its
 * own print of each upload, as the real one does (notary server/handlers, tuf/tuf.go).
 */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { HttpClient, HttpRequest, HttpResponse } from '../../../src/http/types.js';
import { goCanonical, goFile, goReprint, type JsonObject } from './go-json.js';
import { countSignatures, tufId, type WireKey } from './verify.js';

interface Role {
  readonly keyids: string[];
  readonly threshold: number;
}
interface Stored {
  readonly version: number;
  readonly bytes: Buffer;
}
interface ServerKey {
  readonly wire: WireKey;
  readonly secret: KeyObject;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: unknown = {},
  ) {
    super(code);
  }
}

const invalid = (name: string, msg: string) =>
  new Refusal(400, 'INVALID_UPDATE', { Name: name, Error: { Msg: msg } });
const sha = (algorithm: string, bytes: Buffer) =>
  createHash(algorithm).update(bytes).digest('base64');
const meta = (bytes: Buffer) => ({
  hashes: { sha256: sha('sha256', bytes), sha512: sha('sha512', bytes) },
  length: bytes.length,
});

export type Interceptor = (
  request: HttpRequest,
  next: () => Promise<HttpResponse>,
) => Promise<HttpResponse>;

export interface FakeTrustServerOptions {
  readonly gun: string;
  readonly now: () => Date;
  /** SQL back ends answer 500 for a delegation that was never published. */
  readonly sql?: boolean;
}

export class FakeTrustServer {
  readonly url = 'https://trust.test';
  readonly requests: string[] = [];
  /** Set by a test to break, delay or alter single exchanges. */
  intercept: Interceptor | undefined;
  /** What the principal may do; the token is the scope it was asked for. */
  rights = { pull: true, push: true, all: true };
  /** Whether the server is willing to sign with its own keys. */
  holdsKeys = true;
  readonly #options: FakeTrustServerOptions;
  readonly #files = new Map<string, Stored[]>();
  readonly #keys = new Map<string, ServerKey>();

  constructor(options: FakeTrustServerOptions) {
    this.#options = options;
  }

  /** What src/trust/server wants: everything but the log. */
  get connection() {
    return {
      url: this.url,
      gun: this.#options.gun,
      http: this.http,
      token: (scope: string) => Promise.resolve(scope),
    };
  }

  readonly http: HttpClient = (request) => {
    const path = request.url.slice(`${this.url}/v2/${this.#options.gun}/_trust/tuf/`.length);
    this.requests.push(`${request.method} ${path}`);
    const next = () => Promise.resolve(this.#answer(request, path));
    return this.intercept ? this.intercept(request, next) : next();
  };

  /** The newest stored bytes of a role, for a test's own inspection. */
  stored(role: string): Buffer | undefined {
    return this.#files.get(role)?.at(-1)?.bytes;
  }

  versions(): Record<string, number> {
    return Object.fromEntries(
      [...this.#files].map(([role, list]) => [role, list.at(-1)?.version ?? 0]),
    );
  }

  /** Publishes left on the request log. */
  get posts(): number {
    return this.requests.filter((line) => line === 'POST ').length;
  }

  #answer(request: HttpRequest, path: string): HttpResponse {
    try {
      const all = request.method === 'DELETE' || (request.method === 'POST' && path !== '');
      const write = request.method === 'POST' || path.endsWith('.key');
      this.#authorise(request, all ? 'all' : write ? 'push' : 'pull');
      if (request.method === 'DELETE') {
        this.#files.clear();
        return reply(200, '');
      }
      if (request.method === 'POST' && path !== '') return reply(200, printKey(this.#newKey()));
      if (request.method === 'POST') {
        this.#publish(parseForm(request));
        return reply(200, '');
      }
      const body = path.endsWith('.key') ? this.#key(path) : this.#read(path);
      if (body.length > request.maxBytes) throw new Error('a test asked for too few bytes');
      return reply(200, body);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const errors = [{ code: error.code, message: 'refused', detail: error.detail }];
      return reply(error.status, JSON.stringify({ errors }));
    }
  }

  #authorise(request: HttpRequest, right: keyof typeof scopes): void {
    const of = `repository:${this.#options.gun}:`;
    const wanted = scopes[right];
    const granted = (request.headers?.authorization ?? '').replace(/^Bearer /, '').split(' ');
    // A token of several scopes may allow more than this request needs.
    const isGranted = granted.some((scope) =>
      granted.length === 1
        ? scope === of + wanted
        : scope.startsWith(of) && scope.slice(of.length).split(',').includes(lastOf(wanted)),
    );
    if (!this.rights[right] || !isGranted) throw new Refusal(401, 'UNAUTHORIZED');
  }

  #read(path: string): Buffer {
    const match = /^(?:(\d+)\.)?(.+?)(?:\.([0-9a-f]{64}))?\.json$/.exec(path);
    const [, version, role = '', hash] = match ?? [];
    const list = this.#files.get(role) ?? [];
    const found = list.filter(
      (file) =>
        (version === undefined || file.version === Number(version)) &&
        (hash === undefined || createHash('sha256').update(file.bytes).digest('hex') === hash),
    );
    const file = found.at(-1);
    if (file) return file.bytes;
    if (this.#options.sql && role.startsWith('targets/') && this.#files.has('root')) {
      throw new Refusal(500, 'UNKNOWN', { Role: role });
    }
    throw new Refusal(404, 'METADATA_NOT_FOUND');
  }

  #document(role: string): JsonObject | undefined {
    const bytes = this.stored(role);
    return bytes && (JSON.parse(bytes.toString()) as JsonObject);
  }

  #key(path: string): Buffer {
    const role = path.replace('.key', '');
    const root = this.#document('root')?.signed as
      { roles: Record<string, Role>; keys: Record<string, WireKey> } | undefined;
    const named = root?.roles[role]?.keyids.map((id) => this.#keys.get(id)).find((key) => key);
    return printKey((this.holdsKeys ? named : undefined) ?? this.#newKey());
  }

  #newKey(): ServerKey {
    const pair = generateKeyPairSync('ed25519');
    const raw = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const wire: WireKey = {
      keytype: 'ed25519',
      keyval: { private: null, public: raw.toString('base64') },
    };
    const key = { wire, secret: pair.privateKey };
    this.#keys.set(tufId(wire), key);
    return key;
  }

  #publish(parts: Map<string, Buffer>): void {
    const update = new Map<string, Stored & { document: JsonObject }>();
    for (const [role, bytes] of parts) {
      const document = JSON.parse(bytes.toString()) as JsonObject;
      update.set(role, { bytes, document, version: versionOf(document) });
    }
    const current = (role: string) => update.get(role)?.document ?? this.#document(role);
    const root = current('root')?.signed as
      { roles: Record<string, Role>; keys: Record<string, WireKey>; expires: string } | undefined;
    if (!root)
      throw invalid('ErrValidation', 'no pre-existing root and no root provided in update.');
    this.#checkRoot(update.get('root')?.document, root);

    const targetRoles = [...update.keys()].filter((role) => role.startsWith('targets')).sort();
    if (!current('targets')) throw invalid('ErrValidation', 'targets must be loaded first');
    for (const role of targetRoles) {
      const document = update.get(role)?.document ?? {};
      this.#checkCommon('ErrBadTargets', document);
      const { keys, of } = role === 'targets' ? rootKeys(root) : delegationKeys(role, current);
      if (!of) throw invalid('ErrBadTargets', `${role} is not listed`);
      if (countSignatures(document, keys, of.keyids) < of.threshold) {
        throw invalid('ErrBadTargets', `valid signatures did not meet threshold for ${role}`);
      }
    }

    const snapshotMeta = {
      ...((this.#document('snapshot')?.signed as JsonObject | undefined)?.meta as JsonObject),
    };
    for (const [role, { document }] of update) {
      if (role !== 'snapshot') snapshotMeta[role] = meta(goReprint(document));
    }
    const snapshot =
      this.#clientSnapshot(update.get('snapshot'), root) ??
      this.#sign('snapshot', root, 'Snapshot', snapshotMeta, 3 * 365);
    const timestamp = this.#sign(
      'timestamp',
      root,
      'Timestamp',
      { snapshot: meta(snapshot.bytes) },
      14,
    );
    const all = new Map<string, Stored>([
      ...update,
      ['snapshot', snapshot],
      ['timestamp', timestamp],
    ]);
    for (const [role, { version }] of all) {
      const list = this.#files.get(role) ?? [];
      if (list.some((file) => file.version >= version)) throw new Refusal(400, 'VERSION');
    }
    for (const [role, { version, bytes }] of all) {
      this.#files.set(role, [...(this.#files.get(role) ?? []), { version, bytes }]);
    }
  }

  /** A client that holds the snapshot key, as after `notary init`, sends its own snapshot. */
  #clientSnapshot(
    sent: (Stored & { readonly document: JsonObject }) | undefined,
    root: { roles: Record<string, Role>; keys: Record<string, WireKey> },
  ): Stored | undefined {
    if (!sent) return undefined;
    const role = root.roles.snapshot;
    if (!role || countSignatures(sent.document, root.keys, role.keyids) < role.threshold) {
      throw invalid('ErrBadSnapshot', 'valid signatures did not meet threshold for snapshot');
    }
    return sent;
  }

  #checkRoot(
    uploaded: JsonObject | undefined,
    next: { roles: Record<string, Role>; keys: Record<string, WireKey> },
  ): void {
    if (!uploaded) return;
    this.#checkCommon('ErrBadRoot', uploaded);
    const previous = this.#document('root');
    const before = previous ? versionOf(previous) : 1;
    const version = versionOf(uploaded);
    if (version !== before && version !== before + 1) {
      throw invalid('ErrBadRoot', 'Root modifications must increment the version.');
    }
    for (const judge of [previous?.signed as typeof next | undefined, next]) {
      if (!judge) continue;
      const role = judge.roles.root;
      if (!role || countSignatures(uploaded, judge.keys, role.keyids) < role.threshold) {
        throw invalid('ErrBadRoot', 'could not validate the path to a trusted root');
      }
    }
  }

  #checkCommon(name: string, document: JsonObject): void {
    const { expires } = document.signed as { expires: string };
    if (versionOf(document) < 1) throw invalid(name, 'version cannot be less than one');
    if (new Date(expires) < this.#options.now()) throw invalid(name, `expired at ${expires}`);
  }

  #sign(
    role: string,
    root: { roles: Record<string, Role> },
    type: string,
    body: JsonObject,
    days: number,
  ): Stored {
    const id = root.roles[role]?.keyids.find((keyid) => this.#keys.has(keyid));
    const key = this.holdsKeys && id !== undefined ? this.#keys.get(id) : undefined;
    if (!key || id === undefined) {
      throw new Refusal(400, 'INVALID_UPDATE', {
        Name: 'ErrBadHierarchy',
        Error: { Msg: `missing ${role}`, Missing: role },
      });
    }
    const version = (this.#files.get(role)?.at(-1)?.version ?? 0) + 1;
    const expires = new Date(this.#options.now().getTime() + days * 86_400_000);
    const signed = {
      _type: type,
      expires: `${expires.toISOString().slice(0, 19)}Z`,
      meta: body,
      version,
    };
    const sig = sign(null, Buffer.from(goCanonical(signed)), key.secret).toString('base64');
    return { version, bytes: goFile(signed, [{ keyid: id, method: 'eddsa', sig }]) };
  }
}

/** What each kind of request asks a token for. */
const scopes = { pull: 'pull', push: 'pull,push', all: '*' } as const;

/** The action that the others come with. */
function lastOf(actions: string): string {
  return actions.slice(actions.lastIndexOf(',') + 1);
}

function printKey({ wire }: ServerKey): Buffer {
  const { keytype, keyval } = wire;
  return Buffer.from(JSON.stringify({ keytype, keyval: { public: keyval.public, private: null } }));
}

function versionOf(document: JsonObject): number {
  return (document.signed as { version: number }).version;
}

function rootKeys(root: { roles: Record<string, Role>; keys: Record<string, WireKey> }) {
  return { keys: root.keys, of: root.roles.targets };
}

function delegationKeys(role: string, current: (role: string) => JsonObject | undefined) {
  const parent = current(role.slice(0, role.lastIndexOf('/')))?.signed as
    | { delegations: { keys: Record<string, WireKey>; roles: (Role & { name: string })[] } }
    | undefined;
  return {
    keys: parent?.delegations.keys ?? {},
    of: parent?.delegations.roles.find((entry) => entry.name === role),
  };
}

function reply(status: number, body: string | Buffer): HttpResponse {
  return {
    status,
    header: (name) =>
      name.toLowerCase() === 'content-type' ? 'text/plain; charset=utf-8' : undefined,
    body: Buffer.from(body),
  };
}

function parseForm(request: HttpRequest): Map<string, Buffer> {
  const boundary = /boundary=(.+)$/.exec(request.headers?.['content-type'] ?? '')?.[1];
  if (boundary === undefined) throw new Refusal(400, 'MALFORMED_UPLOAD');
  const body = Buffer.from(request.body ?? '').toString('latin1');
  const parts = new Map<string, Buffer>();
  for (const piece of body.split(`--${boundary}`).slice(1, -1)) {
    const split = piece.indexOf('\r\n\r\n');
    const role = /filename="([^"]+)"/.exec(piece.slice(0, split))?.[1];
    if (role === undefined) throw new Refusal(400, 'NO_FILENAME');
    parts.set(role, Buffer.from(piece.slice(split + 4, -2), 'latin1'));
  }
  return parts;
}
