export { parseDays } from '../inputs/days.js';
