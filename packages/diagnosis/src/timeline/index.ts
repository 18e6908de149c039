export {
  isOpen,
  maxEpisodes,
  maxPods,
  type Episode,
  type History,
  type SeenPod,
} from './history.ts';
export { observe, observeGone } from './observe.ts';
export { outcomeOf, type Action, type Outcome } from './outcome.ts';
