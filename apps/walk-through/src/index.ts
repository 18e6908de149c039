export { images, walkThrough } from './walk-through.ts';
