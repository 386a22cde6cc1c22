/** The command `sign` for `images`: any number of repositories, one publish for each. */
export { signImages } from './sign-many.js';
