/** A repository on a fake trust server, with whatever keys and delegations a test needs. */
import { createRootCertificate } from '../../../src/signing/index.js';
import {
  canonicalForm,
  createTrustServer,
  initialiseRepository,
  keyIdOf,
  readRepository,
  serializeEnvelope,
  type PublicKey,
  type PublishingContext,
  type RoleName,
  type RootSigned,
  type Signed,
  type Signer,
  type TargetsSigned,
  type TrustedView,
  type TrustServer,
} from '../../../src/trust/index.js';
import { FakeTrustServer, type FakeTrustServerOptions } from './fake-trust-server.js';
import { ecdsaSigner } from './keys.js';

export const gun = 'contoso.azurecr.io/team/app';
export const start = new Date('2026-11-23T12:00:00Z');

/** A digest that is easy to recognise. */
export const content = (letter: string, length = 523) => ({
  digest: `sha256:${letter.repeat(64)}`,
  length,
});

/** A log that remembers. */
export function memoryLog() {
  const lines: string[] = [];
  const add = (line: string) => void lines.push(line);
  return { lines, info: add, warn: add, debug: add };
}

export class TestRepository {
  now = start;
  readonly fake: FakeTrustServer;
  readonly server: TrustServer;
  readonly root = ecdsaSigner('root key');
  readonly log = memoryLog();

  constructor(
    readonly targets: Signer = ecdsaSigner('repository key'),
    options: Partial<FakeTrustServerOptions> = {},
  ) {
    this.fake = new FakeTrustServer({ gun, now: () => this.now, ...options });
    this.server = createTrustServer(this.fake.connection);
  }

  /** What every publishing call needs. */
  get context(): Omit<PublishingContext, 'log'> & {
    readonly log: ReturnType<typeof memoryLog>;
    readonly recheck: () => Promise<void>;
  } {
    return { pins: [], clock: () => this.now, log: this.log, recheck: () => Promise.resolve() };
  }

  /** As {@link context}, held to the root key of the repository. */
  get pinned() {
    return { ...this.context, pins: [{ kind: 'key-id', keyId: this.root.keyId } as const] };
  }

  async initialise(tags: Record<string, ReturnType<typeof content>> = {}): Promise<this> {
    await initialiseRepository(this.server, {
      ...this.context,
      rootSigner: this.root,
      rootCertificate: await createRootCertificate(gun, this.root, this.now),
      targetsSigner: this.targets,
      tags: new Map(Object.entries(tags)),
    });
    this.fake.requests.length = 0;
    return this;
  }

  /** What a stranger reads now. */
  async view(): Promise<TrustedView> {
    const view = await readRepository(this.server, { pins: [], now: this.now });
    if (!view) throw new Error('the repository of the test has no trust data');
    return view;
  }

  /** The body of `targets` or a delegation as the server has it now. */
  body(role: RoleName): TargetsSigned {
    return this.#signed(role) as TargetsSigned;
  }

  /** The body of the root as the server has it now. */
  rootBody(): RootSigned {
    return this.#signed('root') as RootSigned;
  }

  #signed(role: RoleName): Signed {
    return (JSON.parse(String(this.fake.stored(role))) as { signed: Signed }).signed;
  }

  /** Publishes a body under any key IDs, as another client might. */
  async put(role: RoleName, signed: Signed, signer: Signer, keyId = signer.keyId): Promise<void> {
    const sig = (await signer.sign(canonicalForm(signed))).toString('base64');
    const bytes = serializeEnvelope(signed, [{ keyid: keyId, method: signer.method, sig }]);
    const outcome = await this.server.publish(new Map([[role, bytes]]));
    if (outcome.kind !== 'accepted') throw new Error(`the test's own publish met ${outcome.kind}`);
  }

  /** Lists delegations in `targets`, as `docker trust signer add` and `notary delegation add` do. */
  async delegate(
    roles: Record<RoleName, PublicKey>,
    more: { threshold?: number; paths?: string[] } = {},
  ) {
    const before = this.body('targets');
    await this.put(
      'targets',
      {
        ...before,
        version: before.version + 1,
        delegations: {
          keys: Object.fromEntries(Object.values(roles).map((key) => [keyIdOf(key), key])),
          roles: Object.entries(roles).map(([name, key]) => ({
            name,
            keyids: [keyIdOf(key)],
            threshold: more.threshold ?? 1,
            paths: more.paths ?? [''],
          })),
        },
      },
      this.targets,
    );
    this.fake.requests.length = 0;
  }
}
