/** Notary Project signatures in the registry of a scenario, made by whomever a test likes. */
import { signatureStore } from '../../../src/access/index.js';
import { signImage, type ChainSigner } from '../../../src/notation/index.js';
import { createRegistryClient } from '../../../src/registry/index.js';
import { formatPem } from '../../../src/signing/index.js';
import { host, type RegistryScenario } from './registry-scenario.js';

export interface Signing {
  /** The tag that the signature names. Default: that of the image. */
  readonly named?: string | undefined;
  /** Instead of that name. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly lifetimeMs?: number | undefined;
  /** When. Default: now. */
  readonly at?: Date | undefined;
}

/** PEM of the root above a signer. */
export function rootPem({ chain: { chain } }: ChainSigner): string {
  return formatPem('CERTIFICATE', (chain.at(-1) ?? chain[0]).der);
}

/** What it takes to read and write a repository of the scenario. */
const accessTo = (scenario: RegistryScenario, repository: string) => ({
  host,
  http: scenario.answerTo,
  token: (scope: string) => Promise.resolve(scope),
  repository,
});

/** Pushes an image under a tag, and signs it; the digest of the signature. */
export async function signPushed(
  scenario: RegistryScenario,
  by: ChainSigner,
  repository: string,
  tag: string,
  { named = tag, metadata, lifetimeMs, at = new Date() }: Signing = {},
): Promise<string> {
  const access = accessTo(scenario, repository);
  const digest = scenario.push(repository, [tag]);
  const manifest = await createRegistryClient(access).getManifest(repository, digest);
  const { mediaType = '', length = 0 } = manifest ?? {};
  const signed = await signImage(signatureStore(access), by, {
    target: { mediaType, digest, size: length },
    metadata: metadata ?? { [`tag:${named}`]: `${host}/${repository}` },
    format: 'jws',
    lifetimeMs,
    agent: 'test/1',
    now: () => at,
  });
  return signed.digest;
}
