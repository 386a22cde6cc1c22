/** Certificates that sign for Notary Project, and what notation says of what they signed. */
import { pem } from '../../azure-emulation/crypto/certificate.js';
import { trustIn, type NotationAnswer } from '../../judges/notation.js';
import { uniqueName, type StackClient } from '../../stack/index.js';
import type { Scenario } from '../scenario.js';

const subject = 'C=US,ST=WA,O=Contoso,CN=release';

type NewCertificate = Partial<Parameters<StackClient['azure']['createCertificate']>[0]>;

/** A certificate in the vault of a scenario. */
export interface TestCertificate {
  readonly url: string;
  /** PEM, the root last. */
  readonly chain: readonly string[];
}

export interface NotaryProject {
  /** Of certificates that are made without another. */
  readonly subject: string;
  readonly makeCertificate: (options?: NewCertificate) => Promise<TestCertificate>;
  /** Asks notation by a root, by what the signed metadata must hold, and by the root of its time stamp. */
  readonly verify: (
    repository: string,
    digest: string,
    root: string,
    metadata?: Readonly<Record<string, string>>,
    timestampRoot?: string,
  ) => Promise<NotationAnswer | undefined>;
}

/** Lets the signer of a scenario read certificates. */
export async function prepareNotaryProject(scenario: Scenario): Promise<NotaryProject> {
  const { stack, vault, signer, reader, registry } = scenario;
  await stack.azure.assignRole({
    principalId: signer.clientId,
    role: 'Key Vault Certificate User',
    scope: vault.id,
  });
  return {
    subject,
    makeCertificate: async ({ name = uniqueName('release'), ...options } = {}) => {
      const made = await stack.azure.createCertificate({
        vault: vault.name,
        name,
        subject,
        ...options,
      });
      const chain = made.chain.map((base64) => pem('CERTIFICATE', Buffer.from(base64, 'base64')));
      return { url: `${vault.url}/certificates/${name}`, chain };
    },
    verify: async (repository, digest, root, metadata = {}, timestampRoot) => {
      const gun = `${registry.loginServer}/${repository}`;
      const question = {
        kind: 'verify',
        reference: `${gun}@${digest}`,
        ...reader.login,
        ...trustIn(root, subject, gun, timestampRoot),
        metadata,
      } as const;
      return (await stack.askNotation([question]))[0];
    },
  };
}
