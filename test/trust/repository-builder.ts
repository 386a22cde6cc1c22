/**
 * A trust collection that really signs, with hooks for everything an attacker or a bug could do to
 * it: before signing (`edit`), in who signs (`signers`), after signing but before parents take the
 * hash (`wire`). Whatever is done to the finished files is up to the test.
 */
import { createHash } from 'node:crypto';
import {
  canonicalForm,
  canonicalJson,
  formatExpires,
  serializeEnvelope,
  type FileMeta,
  type JsonValue,
  type RoleName,
  type Signed,
  type Target,
} from '../../src/trust/metadata/index.js';
import {
  TrustedCollection,
  type TrustedView,
  type VerificationOptions,
} from '../../src/trust/verification/index.js';
import { ecdsaKey, ed25519Key, rootKey, signatureOf, type TestKey } from './test-keys.js';

/** The moment all tests take place. */
export const now = new Date('2026-11-24T12:00:00Z');
export const gun = 'contoso.azurecr.io/team/app';

const defaultGun = gun;
const dayMs = 24 * 60 * 60 * 1000;

/** `days` after {@link now}. */
export function inDays(days: number): Date {
  return new Date(now.getTime() + days * dayMs);
}

/** Length, SHA-256 and SHA-512 of a complete file, as snapshot and timestamp list them. */
export function hashesOf(bytes: Uint8Array): FileMeta {
  const digestOf = (algorithm: string) => createHash(algorithm).update(bytes).digest('base64');
  return {
    hashes: { sha256: digestOf('sha256'), sha512: digestOf('sha512') },
    length: bytes.length,
  };
}

/** A target as Docker makes it: `sha256` of `content`, and its length. */
export function targetOf(content: string): Target {
  const { hashes, length } = hashesOf(Buffer.from(content));
  return { hashes: { sha256: hashes.sha256 ?? '' }, length };
}

/** Finished files by role, as a server would serve them. */
export type Files = Map<RoleName, Buffer>;

/** A role as the builder signs it. */
export interface BuiltRole {
  keys: TestKey[];
  threshold: number;
  version: number;
  expires: Date;
}

/** A delegation; `name` says where it hangs. */
export interface BuiltDelegation extends BuiltRole {
  name: RoleName;
  paths: string[];
  targets: Record<string, Target>;
  /** Whether its file exists and the snapshot lists it. */
  hasFile: boolean;
}

/** What may be done to roles while they are built. */
export interface BuildOptions {
  /** Changes the content before it is signed; the result need not be valid. */
  readonly edit?: Readonly<Record<RoleName, (signed: never) => unknown>>;
  /** Signs with other keys than the role's. */
  readonly signers?: Readonly<Record<RoleName, readonly TestKey[]>>;
  /** Changes the file after it is signed; parents take the hash of the result. */
  readonly wire?: Readonly<Record<RoleName, (text: string) => string>>;
}

/** Builds files; change its public members freely between two builds. */
export class RepositoryBuilder {
  readonly root: BuiltRole;
  readonly targetsRole: BuiltRole;
  readonly snapshot: BuiltRole;
  readonly timestamp: BuiltRole;
  /** Keys that sign the root besides its own: those of the root before, after a rotation. */
  previousRootKeys: TestKey[] = [];
  targets: Record<string, Target> = {};
  delegations: BuiltDelegation[] = [];

  /** `at` is the moment from which lifetimes count. */
  constructor(
    readonly gun = defaultGun,
    readonly at: Date = now,
  ) {
    this.root = this.#role([rootKey(gun)], 3650);
    this.targetsRole = this.#role([ecdsaKey()], 1095);
    this.snapshot = this.#role([ed25519Key()], 1095);
    this.timestamp = this.#role([ed25519Key()], 14);
  }

  /** Adds a delegation with one new key (unless given), every path, a file and no targets. */
  delegate(name: RoleName, options: Partial<BuiltDelegation> = {}): BuiltDelegation {
    const base = this.#role(options.keys ?? [ecdsaKey()], 1095);
    const delegation = { ...base, name, paths: [''], targets: {}, hasFile: true, ...options };
    this.delegations.push(delegation);
    return delegation;
  }

  /** Replaces the root key; the old one signs the next root as well. */
  rotateRoot(key: TestKey = rootKey(this.gun)): void {
    this.previousRootKeys = this.root.keys;
    this.root.keys = [key];
    this.root.version += 1;
  }

  /** Signs everything after stepping snapshot and timestamp, as the server does per publish. */
  publish(options: BuildOptions = {}): Files {
    this.snapshot.version += 1;
    this.timestamp.version += 1;
    return this.build(options);
  }

  /** Signs everything as it is. */
  build(options: BuildOptions = {}): Files {
    const files: Files = new Map();
    const put = (name: RoleName, signed: Signed, keys: readonly TestKey[]): void => {
      files.set(name, this.#sign(name, signed, keys, options));
    };
    put('root', this.#rootSigned(), [...this.root.keys, ...this.previousRootKeys]);
    put(
      'targets',
      this.#targetsSigned('targets', this.targetsRole, this.targets),
      this.targetsRole.keys,
    );
    for (const delegation of this.delegations.filter(({ hasFile }) => hasFile)) {
      const { name, targets, keys } = delegation;
      put(name, this.#targetsSigned(name, delegation, targets), keys);
    }
    const meta: Record<RoleName, FileMeta> = {};
    for (const [name, bytes] of files) meta[name] = hashesOf(bytes);
    put('snapshot', { _type: 'Snapshot', ...common(this.snapshot), meta }, this.snapshot.keys);
    const snapshot = hashesOf(files.get('snapshot') ?? Buffer.alloc(0));
    put(
      'timestamp',
      { _type: 'Timestamp', ...common(this.timestamp), meta: { snapshot } },
      this.timestamp.keys,
    );
    return files;
  }

  #role(keys: TestKey[], days: number): BuiltRole {
    const expires = new Date(this.at.getTime() + days * dayMs);
    return { keys, threshold: 1, version: 1, expires };
  }

  #sign(name: RoleName, signed: Signed, keys: readonly TestKey[], options: BuildOptions): Buffer {
    const signers = options.signers?.[name] ?? keys;
    const edit = options.edit?.[name];
    let bytes: Buffer;
    if (edit === undefined) {
      const form = canonicalForm(signed);
      bytes = serializeEnvelope(
        signed,
        signers.map((key) => signatureOf(key, form)),
      );
    } else {
      // Through JSON, where what is undefined is left out.
      const edited = JSON.parse(
        JSON.stringify(edit(structuredClone(signed) as never)),
      ) as JsonValue;
      const form = canonicalJson(edited);
      const signatures = signers.map((key) => signatureOf(key, form));
      bytes = Buffer.from(
        `{"signed":${form.toString('utf8')},"signatures":${JSON.stringify(signatures)}}`,
      );
    }
    const wire = options.wire?.[name];
    return wire === undefined ? bytes : Buffer.from(wire(bytes.toString('utf8')));
  }

  #rootSigned(): Signed {
    const roles = {
      root: this.root,
      targets: this.targetsRole,
      snapshot: this.snapshot,
      timestamp: this.timestamp,
    };
    const keys = [...Object.values(roles).flatMap((each) => each.keys), ...this.previousRootKeys];
    return {
      _type: 'Root',
      ...common(this.root),
      consistent_snapshot: false,
      keys: Object.fromEntries(keys.map(({ keyId, publicKey }) => [keyId, publicKey])),
      roles: Object.fromEntries(
        Object.entries(roles).map(([name, each]) => [
          name,
          { keyids: each.keys.map(({ keyId }) => keyId), threshold: each.threshold },
        ]),
      ),
    };
  }

  #targetsSigned(name: RoleName, own: BuiltRole, targets: Record<string, Target>): Signed {
    const children = this.delegations.filter(
      (child) => child.name.slice(0, child.name.lastIndexOf('/')) === name,
    );
    return {
      _type: 'Targets',
      ...common(own),
      targets,
      delegations: {
        keys: Object.fromEntries(
          children.flatMap(({ keys }) => keys.map(({ keyId, publicKey }) => [keyId, publicKey])),
        ),
        roles: children.map((child) => ({
          name: child.name,
          keyids: child.keys.map(({ keyId }) => keyId),
          threshold: child.threshold,
          paths: child.paths,
        })),
      },
    };
  }
}

/** A builder with a tag in `targets`, and `targets/releases` and `targets/alice` sharing a key. */
export function dockerLikeRepository(name?: string, at?: Date): RepositoryBuilder {
  const repository = new RepositoryBuilder(name, at);
  repository.targets = { old: targetOf('old image') };
  const alice = ecdsaKey();
  const targets = { '1.0': targetOf('image 1.0') };
  repository.delegate('targets/releases', { keys: [alice], targets });
  repository.delegate('targets/alice', { keys: [alice], targets: { ...targets } });
  return repository;
}

/** Feeds `files` through the whole workflow; `roots` come before `files`' own root. */
export function trustFiles(
  files: Files,
  options: Partial<VerificationOptions> = {},
  roots: readonly Uint8Array[] = [],
): TrustedView {
  const collection = new TrustedCollection({ gun, now, ...options });
  for (const bytes of roots) collection.acceptRoot(bytes, { intermediate: true });
  collection.acceptRoot(fileOf(files, 'root'));
  collection.acceptTimestamp(fileOf(files, 'timestamp'));
  collection.acceptSnapshot(fileOf(files, 'snapshot'));
  collection.acceptTargets(fileOf(files, 'targets'));
  for (let [next] = collection.pendingDelegations(); next !== undefined;) {
    collection.acceptDelegation(next, fileOf(files, next));
    [next] = collection.pendingDelegations();
  }
  return collection.finish();
}

/** The file of `role`; a test that asks for one that is not there is wrong. */
export function fileOf(files: Files, name: RoleName): Buffer {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`no file ${name}`);
  return bytes;
}

function common({ version, expires }: BuiltRole): { version: number; expires: string } {
  return { version, expires: formatExpires(expires) };
}
