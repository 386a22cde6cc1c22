/** Publishes trust data: first roots, tags for existing repositories, and what to know before. */
export { examineSigning, type SigningOutlook } from './examine.js';
export { keyIdsFor, stateOf } from './roles.js';
export { backoffFor } from './backoff.js';
export { publishChange } from './publish-change.js';
export type { Plan, PlannedFile } from './plan.js';
export { initialiseRepository, type Initialised, type InitialiseOptions } from './initialise.js';
export { planRemoval, type KeepingRole, type RemovalPlan } from './plan-removal.js';
export { isSignedForOther, overtakenBy, publishTags, signedByOthers } from './publish-tags.js';
export { requireAnchor, type FileToSign } from './require-anchor.js';
export { removeTags, type RemoveTagsOptions } from './remove-tags.js';
export { outcomeOf, viewAfter, type RevokedTag } from './revoked-tags.js';
export type { ChangeOptions, PublishingContext, TagContent, Tags } from './types.js';
