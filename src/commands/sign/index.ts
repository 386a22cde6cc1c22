/** The command `sign`: some tags of one repository, or images of any number of repositories. */
export { signImages } from './sign-many.js';
export { signExisting } from './sign.js';
