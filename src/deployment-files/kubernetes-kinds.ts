/** The kinds that Kubernetes itself has: where those that run containers keep them, and the others. */

const groups = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'extensions',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
]);

const inTemplate = ['spec', 'template', 'spec'] as const;

/** Where the specification of the pods is. */
const podSpecs: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['Pod', ['spec']],
  ['PodTemplate', ['template', 'spec']],
  ['ReplicationController', inTemplate],
  ['ReplicaSet', inTemplate],
  ['Deployment', inTemplate],
  ['StatefulSet', inTemplate],
  ['DaemonSet', inTemplate],
  ['Job', inTemplate],
  ['CronJob', ['spec', 'jobTemplate', ...inTemplate]],
]);

const withoutContainers = new Set(
  `APIService Binding CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle
  ComponentStatus ConfigMap ControllerRevision CSIDriver CSINode CSIStorageCapacity
  CustomResourceDefinition DeviceClass DeviceTaintRule Endpoints EndpointSlice Event Eviction
  FlowSchema HorizontalPodAutoscaler Ingress IngressClass IPAddress Lease LeaseCandidate LimitRange
  LocalSubjectAccessReview MutatingAdmissionPolicy MutatingAdmissionPolicyBinding
  MutatingWebhookConfiguration Namespace NetworkPolicy Node PersistentVolume PersistentVolumeClaim
  PodCertificateRequest PodDisruptionBudget PodSecurityPolicy PriorityClass
  PriorityLevelConfiguration ResourceClaim ResourceClaimTemplate ResourceQuota ResourceSlice Role
  RoleBinding RuntimeClass Scale Secret SelfSubjectAccessReview SelfSubjectReview
  SelfSubjectRulesReview Service ServiceAccount ServiceCIDR StorageClass StorageVersionMigration
  SubjectAccessReview TokenRequest TokenReview ValidatingAdmissionPolicy
  ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment
  VolumeAttributesClass`.split(/\s+/),
);

/** What is known of the kind of an object: where its pods are, that it has none, or nothing. */
export type KnownKind =
  | { readonly kind: 'pods'; readonly path: readonly string[] }
  | { readonly kind: 'no-pods' }
  | { readonly kind: 'unknown' };

/** @param apiVersion such as `apps/v1`, or empty. */
export function knownKind(apiVersion: string, kind: string): KnownKind {
  if (!groups.has(groupOf(apiVersion))) return { kind: 'unknown' };
  const path = podSpecs.get(kind);
  if (path) return { kind: 'pods', path };
  return { kind: withoutContainers.has(kind) ? 'no-pods' : 'unknown' };
}

/** The group of an API version; empty for that of the core. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}
