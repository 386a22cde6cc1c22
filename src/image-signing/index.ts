/**
 * Signing images in a registry: what is checked before, in which order tags are signed and put, and what
 * is said of the registry when a run ends.
 */
export {
  attachSignatures,
  describeSigner,
  openNotaryProject,
  orderOf,
  type AttachProgress,
  type NotaryProjectPlan,
} from './attach-signatures.js';
export {
  kindsOf,
  type ImageConfiguration,
  type ImagePlace,
  type NotaryProjectConfiguration,
  type SignatureKinds,
  type SignedKinds,
  type SigningConfiguration,
  type SigningTarget,
  type TimestampConfiguration,
} from './configuration.js';
export {
  keyFacts,
  noteContents,
  reportJob,
  reportProgress,
  startProgress,
  type JobOutput,
  type JobProgress,
  type TagReport,
} from './job-report.js';
export { checkShared, openSigning, startPreflight, type SigningPlan } from './preflight.js';
export { requireTags, tagAttached, tagSigned } from './put-tags.js';
export { reconcileTags } from './reconcile-tags.js';
export {
  afterReadBack,
  leastCertain,
  nothingPushed,
  pushedIn,
  stateTexts,
  tagStateOf,
  withTags,
  type Progress,
  type TagState,
} from './registry-state.js';
export {
  initialiseForDocker,
  readBackDockerTags,
  requireNoneMoved,
  signTags,
  type SignedResult,
  type SigningProgress,
  type SigningRequest,
} from './sign-tags.js';
export {
  chooseTagOrder,
  pushedState,
  pushingState,
  stagingTagPrefix,
  type TagOrder,
} from './tag-order.js';
