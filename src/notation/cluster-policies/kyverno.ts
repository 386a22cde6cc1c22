/**
 * Policies for Kyverno: `verifyImages` of a ClusterPolicy, and the ImageValidatingPolicy that follows it.
 * Both trust every certificate below those that they name, whatever its subject.
 */
import { formatPem } from '../../signing/index.js';
import { isOfSignerAlone, type Certificate } from '../certificates/index.js';
import type { PolicyFormat, TrustedInCluster } from './types.js';
import { formatYaml } from './yaml.js';

const name = 'verify-notary-project-signatures';
const timeoutSeconds = 30;

export const kyvernoFormat: PolicyFormat = {
  lacks: (trusted) =>
    lacksNames(trusted) ??
    (trusted.timestampRoots.length > 0 ? 'it takes no roots of time stamps' : undefined),
  write: ({ images, certificates }) => {
    const policy = {
      apiVersion: 'kyverno.io/v1',
      kind: 'ClusterPolicy',
      metadata: { name },
      spec: {
        // Without it Kyverno reports, and admits.
        validationFailureAction: 'Enforce',
        failurePolicy: 'Fail',
        background: false,
        webhookTimeoutSeconds: timeoutSeconds,
        rules: [
          {
            name: 'verify-signatures',
            match: { any: [{ resources: { kinds: ['Pod'] } }] },
            verifyImages: [
              {
                type: 'Notary',
                imageReferences: images.flatMap(globsOf),
                attestors: [
                  {
                    count: 1,
                    entries: certificates.map((certificate) => ({
                      certificates: { cert: pemOf([certificate]) },
                    })),
                  },
                ],
              },
            ],
          },
        ],
      },
    };
    const comment = [
      'Kyverno: refuses images without a Notary Project signature. Apply with kubectl.',
      'Kyverno 1.17 and later have ImageValidatingPolicy instead.',
    ];
    return new Map([['kyverno.yaml', formatYaml(comment, policy)]]);
  },
};

export const kyvernoCelFormat: PolicyFormat = {
  lacks: lacksNames,
  write: ({ images, certificates, timestampRoots }) => {
    const policy = {
      apiVersion: 'policies.kyverno.io/v1',
      kind: 'ImageValidatingPolicy',
      metadata: { name },
      spec: {
        validationActions: ['Deny'],
        failurePolicy: 'Fail',
        webhookConfiguration: { timeoutSeconds },
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['pods'],
            },
          ],
        },
        matchImageReferences: images.flatMap(globsOf).map((glob) => ({ glob })),
        validationConfigurations: { mutateDigest: true, verifyDigest: true, required: true },
        attestors: [
          {
            name: 'notary',
            notary: {
              certs: { value: pemOf(certificates) },
              ...(timestampRoots.length > 0 && { tsaCerts: { value: pemOf(timestampRoots) } }),
            },
          },
        ],
        validations: ['containers', 'initContainers', 'ephemeralContainers'].map((list) => ({
          expression: `images.${list}.map(image, verifyImageSignatures(image, [attestors.notary])).all(e, e > 0)`,
          message: 'The image has no Notary Project signature that is trusted here.',
        })),
      },
    };
    const comment = [
      'Kyverno 1.17 and later: refuses images without a Notary Project signature. Apply with kubectl.',
    ];
    return new Map([['kyverno-cel.yaml', formatYaml(comment, policy)]]);
  },
};

/** An image by tag, by digest, or by neither, which means `latest`; `*` matches slashes too. */
function globsOf(image: string): readonly string[] {
  return image.endsWith('*') ? [image] : [image, `${image}:*`, `${image}@*`];
}

/** Verifiers that look at no name would accept more than is asked for. */
export function lacksNames({
  identities,
  certificates,
}: Pick<TrustedInCluster, 'identities' | 'certificates'>): string | undefined {
  // A certificate that signs by itself has one name, its own.
  const isAnyone = !certificates.every(isOfSignerAlone);
  return isAnyone && !identities.includes('*')
    ? 'it looks at no names, and would trust whatever the authority has issued'
    : undefined;
}

function pemOf(certificates: readonly Certificate[]): string {
  return certificates.map(({ der }) => formatPem('CERTIFICATE', der)).join('');
}
