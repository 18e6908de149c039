export {
  maxDnsLabelLength,
  maxDnsSubdomainLength,
  validateDns1035Label,
  validateDnsLabel,
  validateDnsSubdomain,
} from './dns-name.ts';
export { generateName } from './generate-name.ts';
export { maxLabelLength, validateLabelKey, validateLabelValue } from './validate-label.ts';
