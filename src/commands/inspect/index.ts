/** The command `inspect`: who may sign repositories, and what is signed in them. */
export { inspectRepositories } from './inspect.js';
