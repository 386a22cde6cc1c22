/**
 * Resources for Ratify 1.x: a key provider for each certificate, and the verifier with the trust policy
 * that refers to them. The store and the policy of an installation stay as they are.
 */
import { formatPem } from '../../signing/index.js';
import type { Certificate } from '../certificates/index.js';
import { signatureArtifactType } from '../storage/signature-manifest.js';
import { lacksPatterns, makePolicy } from './notation.js';
import type { PolicyFormat } from './types.js';
import { formatYaml } from './yaml.js';

const apiVersion = 'config.ratify.deislabs.io/v1beta1';

export const ratifyFormat: PolicyFormat = {
  lacks: lacksPatterns,
  write: (trusted) => {
    const { store, files } = makePolicy(trusted);
    const policy = JSON.parse(files.get('trustpolicy.json') ?? '{}') as object;
    const stores = [...store].map(([key, certificates]) => {
      const [type = '', name = ''] = key.split(':');
      const providers = certificates.map((certificate) => ({
        // An inline provider holds one certificate. The name is the same in every export.
        provider: `notary-project-${type}-${certificate.thumbprint.slice(0, 12)}`,
        certificate,
      }));
      return { type, name, providers };
    });
    const verifier = {
      apiVersion,
      kind: 'Verifier',
      // The name that the Helm chart gives its own: this one takes its place.
      metadata: { name: 'verifier-notation' },
      spec: {
        name: 'notation',
        artifactTypes: signatureArtifactType,
        parameters: {
          verificationCertStores: Object.fromEntries(
            stores.map(({ type, name, providers }) => [
              type,
              { [name]: providers.map(({ provider }) => provider) },
            ]),
          ),
          trustPolicyDoc: policy,
        },
      },
    };
    const comment = [
      'Ratify 1.x: which Notary Project signatures it accepts. Apply with kubectl.',
      'Gatekeeper asks Ratify by a constraint, and refuses by it: https://ratify.dev',
    ];
    const documents = stores.flatMap(({ providers }) =>
      providers.map(({ provider, certificate }) => keyProvider(provider, certificate)),
    );
    return new Map([['ratify.yaml', formatYaml(comment, ...documents, verifier)]]);
  },
};

function keyProvider(name: string, { der }: Certificate): object {
  return {
    apiVersion,
    kind: 'KeyManagementProvider',
    metadata: { name },
    spec: {
      type: 'inline',
      parameters: { contentType: 'certificate', value: formatPem('CERTIFICATE', der) },
    },
  };
}
