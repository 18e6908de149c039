import type { Strategy } from '../../contracts.ts';
import { type FieldError, notSupported, required } from '../../field-error.ts';
import { listAt, setDefault, setDefaultText, stringsAt, textAt } from '../json-read.ts';

/** The behaviour of Endpoints. */
export const endpoints: Partial<Strategy> = {
  applyDefaults(object) {
    for (const subset of listAt(object, 'subsets')) {
      for (const port of listAt(subset, 'ports')) setDefaultText(port, 'protocol', 'TCP');
    }
  },
};

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];

/** The behaviour of EndpointSlices. */
export const endpointSlice: Partial<Strategy> = {
  hasGeneration: true,
  applyDefaults(object) {
    for (const port of listAt(object, 'ports')) {
      setDefault(port, 'name', '');
      setDefaultText(port, 'protocol', 'TCP');
    }
  },
  validate(object) {
    const addressType = textAt(object, 'addressType');
    const errors: FieldError[] = [];
    if (addressType === '') errors.push(required('addressType'));
    else if (!ADDRESS_TYPES.includes(addressType)) {
      errors.push(notSupported('addressType', addressType, ADDRESS_TYPES));
    }
    for (const [index, endpoint] of listAt(object, 'endpoints').entries()) {
      if (stringsAt(endpoint, 'addresses').length === 0) {
        errors.push(required(`endpoints[${index}].addresses`, 'must contain at least 1 address'));
      }
    }
    return errors;
  },
};
