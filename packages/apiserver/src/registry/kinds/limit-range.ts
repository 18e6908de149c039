import type { Strategy } from '../../contracts.ts';
import { ensureObject, listAt, objectAt, setDefault } from '../json-read.ts';

/** The behaviour of LimitRanges: for containers a maximum is the default, and a default the default request. */
export const limitRange: Partial<Strategy> = {
  applyDefaults(object) {
    for (const limit of listAt(objectAt(object, 'spec'), 'limits')) {
      if (limit['type'] !== 'Container') continue;
      const fill = (into: string, from: string) => {
        const source = objectAt(limit, from);
        if (Object.keys(source).length === 0) return;
        const target = ensureObject(limit, into);
        for (const [name, value] of Object.entries(source)) setDefault(target, name, value);
      };
      fill('default', 'max');
      fill('defaultRequest', 'default');
      fill('defaultRequest', 'min');
    }
  },
};
