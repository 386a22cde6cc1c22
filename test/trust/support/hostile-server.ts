/**
 * A trust server that lies: it hands out a root of its own, which lists the real keys beside the
 * attacker's and is signed by the attacker alone, and content to match. It takes whatever it is sent.
 */
import type { RoleName, TrustServer } from '../../../src/trust/index.js';
import {
  RepositoryBuilder,
  targetOf,
  type BuildOptions,
  type Files,
} from '../repository-builder.js';
import { ecdsaKey, rootKey, withPublicKey, type TestKey } from '../test-keys.js';
import type { Signer } from '../../../src/trust/signer.js';
import { createRootCertificate } from '../../../src/signing/index.js';

/** The digest that the attacker wants under `prod`. */
export const evil = targetOf('evil image');

/** The public halves of real keys; the attacker has no more of them than anybody. */
export interface RealKeys {
  readonly root: Signer;
  readonly targets: Signer;
  /** A signer with `targets/ci` and `targets/releases`, where the repository has one. */
  readonly ci?: Signer | undefined;
}

/** The attacker's repository, and how it is signed: by the attacker's keys alone. */
export interface AttackersRepository {
  readonly builder: RepositoryBuilder;
  readonly options: BuildOptions;
}

/** Makes the attacker's repository. */
export async function attackersRepository(
  gun: string,
  at: Date,
  real: RealKeys,
): Promise<AttackersRepository> {
  const builder = new RepositoryBuilder(gun, at);
  const dates = {
    notBefore: new Date(at.getTime() - 86_400_000),
    notAfter: new Date(at.getTime() + 3650 * 86_400_000),
  };
  const attacker = rootKey(gun, dates);
  const certificate = await createRootCertificate(gun, real.root, at);
  builder.root.keys = [attacker, listedOnly(certificate)];
  const targetsKey = ecdsaKey();
  builder.targetsRole.keys = [targetsKey, listedOnly(real.targets.publicKey)];
  builder.targets = { prod: evil };
  const signers: Record<RoleName, readonly TestKey[]> = { root: [attacker], targets: [targetsKey] };
  if (real.ci) {
    for (const name of ['targets/releases', 'targets/ci']) {
      const key = ecdsaKey();
      builder.delegate(name, {
        keys: [key, listedOnly(real.ci.publicKey)],
        targets: { prod: evil },
        expires: builder.targetsRole.expires,
      });
      signers[name] = [key];
    }
  }
  return { builder, options: { signers } };
}

/** A key of somebody else: it can be listed, and signs nothing. */
export function listedOnly(publicKey: Signer['publicKey']): TestKey {
  return withPublicKey(ecdsaKey(), publicKey);
}

/** Serves `files`, and remembers what is sent to it. */
export class HostileServer implements TrustServer {
  readonly host = 'trust.test';
  readonly posts: ReadonlyMap<RoleName, Uint8Array>[] = [];

  constructor(
    readonly gun: string,
    readonly files: Files,
    readonly builder: RepositoryBuilder,
  ) {}

  fetchRole(role: RoleName): Promise<Buffer | undefined> {
    return Promise.resolve(this.files.get(role));
  }

  fetchServerKey(role: 'snapshot' | 'timestamp') {
    const [key] = this.builder[role].keys;
    if (!key) throw new Error('a role without a key');
    return Promise.resolve(key.publicKey);
  }

  rotateServerKey() {
    return Promise.resolve(ecdsaKey().publicKey);
  }

  deleteTrustData() {
    return Promise.resolve({ kind: 'accepted' } as const);
  }

  publish(parts: ReadonlyMap<RoleName, Uint8Array>) {
    this.posts.push(parts);
    return Promise.resolve({ kind: 'accepted' } as const);
  }
}

/** A lying server for `gun` with the real keys in its lists. */
export async function hostileServer(gun: string, at: Date, real: RealKeys): Promise<HostileServer> {
  const { builder, options } = await attackersRepository(gun, at, real);
  return new HostileServer(gun, builder.build(options), builder);
}
