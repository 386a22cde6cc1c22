export { parsePin, type PinReference } from '../inputs/pins.js';
