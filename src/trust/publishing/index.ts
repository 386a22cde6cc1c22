/** Publishes trust data: first roots, tags for existing repositories, and what to know before. */
export { examineSigning, type ExamineOptions, type SigningOutlook } from './examine.js';
export { initialiseRepository, type Initialised, type InitialiseOptions } from './initialise.js';
export { planRemoval, type KeepingRole, type RemovalPlan } from './plan-removal.js';
export { publishTags } from './publish-tags.js';
export { removeTags, type RemovedTags, type RemoveTagsOptions } from './remove-tags.js';
export type {
  PublishedTags,
  PublishingContext,
  PublishTagsOptions,
  TagContent,
  Tags,
} from './types.js';
