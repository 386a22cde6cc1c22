/** Entry of the task. */
import { runOn } from '../run.js';
import { createPipelinesHost } from './host.js';

// task-lib's own handlers print what was thrown without masking it; the frame has better ones.
for (const event of ['uncaughtException', 'unhandledRejection']) process.removeAllListeners(event);
void runOn(createPipelinesHost(process.env));
