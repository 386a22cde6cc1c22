/** Publishes trust data: first roots, tags for existing repositories, and what to know before. */
export { examineSigning, type ExamineOptions, type SigningOutlook } from './examine.js';
export { initialiseRepository, type Initialised, type InitialiseOptions } from './initialise.js';
export { publishTags } from './publish-tags.js';
export type {
  PublishedTags,
  PublishingContext,
  PublishTagsOptions,
  TagContent,
  Tags,
} from './types.js';
