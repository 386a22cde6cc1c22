/**
 * What the custom resources of Ratify 1.4 and Kyverno 1.17 take, as far as a policy here has it: the
 * members, their types and which of them are needed, from the definitions of those projects.
 */
const text = { type: 'string', minLength: 1 } as const;
const pem = {
  type: 'string',
  pattern: '^(-----BEGIN CERTIFICATE-----\\n[A-Za-z0-9+/=\\n]+-----END CERTIFICATE-----\\n)+$',
} as const;
const listOf = (items: object) => ({ type: 'array', minItems: 1, items });

function object(properties: Readonly<Record<string, object>>, ...optional: readonly string[]) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

function resource(apiVersion: string, kind: string, spec: object) {
  // RFC 1123, as Kubernetes wants names.
  const name = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?$' };
  return object({
    apiVersion: { const: apiVersion },
    kind: { const: kind },
    metadata: object({ name }),
    spec,
  });
}

const ratify = 'config.ratify.deislabs.io/v1beta1';

const trustPolicy = object({
  version: { const: '1.0' },
  trustPolicies: listOf(
    object({
      name: text,
      registryScopes: listOf(text),
      signatureVerification: object(
        { level: { const: 'strict' }, verifyTimestamp: { const: 'afterCertExpiry' } },
        'verifyTimestamp',
      ),
      trustStores: listOf(text),
      trustedIdentities: listOf(text),
    }),
  ),
});

const stores = { type: 'object', additionalProperties: listOf(text) };

/** By kind. */
export const resourceSchemas: Readonly<Record<string, object>> = {
  KeyManagementProvider: resource(
    ratify,
    'KeyManagementProvider',
    object({
      type: { const: 'inline' },
      parameters: object({ contentType: { const: 'certificate' }, value: pem }),
    }),
  ),
  Verifier: resource(
    ratify,
    'Verifier',
    object({
      name: { const: 'notation' },
      artifactTypes: { const: 'application/vnd.cncf.notary.signature' },
      parameters: object({
        verificationCertStores: object({ ca: stores, tsa: stores }, 'tsa'),
        trustPolicyDoc: trustPolicy,
      }),
    }),
  ),
  ClusterPolicy: resource(
    'kyverno.io/v1',
    'ClusterPolicy',
    object({
      validationFailureAction: { enum: ['Audit', 'Enforce'] },
      failurePolicy: { enum: ['Ignore', 'Fail'] },
      background: { type: 'boolean' },
      webhookTimeoutSeconds: { type: 'integer', minimum: 1, maximum: 30 },
      rules: listOf(
        object({
          name: { type: 'string', minLength: 1, maxLength: 63 },
          match: object({ any: listOf(object({ resources: object({ kinds: listOf(text) }) })) }),
          verifyImages: listOf(
            object({
              type: { enum: ['Cosign', 'SigstoreBundle', 'Notary'] },
              imageReferences: listOf(text),
              attestors: listOf(
                object({
                  count: { type: 'integer', minimum: 1 },
                  entries: listOf(object({ certificates: object({ cert: pem }) })),
                }),
              ),
            }),
          ),
        }),
      ),
    }),
  ),
  ImageValidatingPolicy: resource(
    'policies.kyverno.io/v1',
    'ImageValidatingPolicy',
    object({
      validationActions: listOf({ enum: ['Deny', 'Audit', 'Warn'] }),
      failurePolicy: { enum: ['Ignore', 'Fail'] },
      webhookConfiguration: object({
        timeoutSeconds: { type: 'integer', minimum: 1, maximum: 30 },
      }),
      matchConstraints: object({
        resourceRules: listOf(
          object({
            apiGroups: listOf({ type: 'string' }),
            apiVersions: listOf(text),
            operations: listOf({ enum: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] }),
            resources: listOf(text),
          }),
        ),
      }),
      matchImageReferences: listOf(object({ glob: text })),
      validationConfigurations: object({
        mutateDigest: { type: 'boolean' },
        verifyDigest: { type: 'boolean' },
        required: { type: 'boolean' },
      }),
      attestors: listOf(
        object({
          // It is a name in expressions.
          name: { type: 'string', pattern: '^[a-z][A-Za-z0-9_]*$' },
          notary: object(
            { certs: object({ value: pem }), tsaCerts: object({ value: pem }) },
            'tsaCerts',
          ),
        }),
      ),
      validations: listOf(object({ expression: text, message: text })),
    }),
  ),
};
