/** Publishes trust data: first roots, tags for existing repositories, and what to know before. */
export { examineSigning, type ExamineOptions, type SigningOutlook } from './examine.js';
export { keyIdsFor, stateOf, type RoleState } from './roles.js';
export { backoffFor, type Backoff } from './backoff.js';
export { publishChange, type Change, type Changed } from './publish-change.js';
export type { FileSigner, Plan, PlannedFile } from './plan.js';
export { initialiseRepository, type Initialised, type InitialiseOptions } from './initialise.js';
export { planRemoval, type KeepingRole, type RemovalPlan } from './plan-removal.js';
export { overtakenBy, publishTags, signedByOthers } from './publish-tags.js';
export { requireAnchor, type AnchorQuestion, type FileToSign } from './require-anchor.js';
export { removeTags, type RemovedTags, type RemoveTagsOptions } from './remove-tags.js';
export type {
  ChangeOptions,
  PublishedTags,
  PublishingContext,
  PublishTagsOptions,
  TagContent,
  Tags,
} from './types.js';
