/** The command `sign`: some tags of one repository, or images of any number of repositories. */
export { signExisting } from './sign.js';
