/** The main job: build, push, sign. */
export { buildPushSign } from './build-push.js';
