/** Where the embedded server answers otherwise than a real one, and why: scenario → index of the request → reason. */
export const KNOWN_DIFFERENCES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'general-requests': {
    89: 'the text of a type error in a strategic merge patch is the decoder’s',
  },
  'kinds-at-creation': {
    34: 'an events.k8s.io Event is called by its own group in a 422',
    102: 'a node port out of range is refused in a dry run too',
  },
  'changes-of-built-in-kinds': {
    61: 'the difference of two ephemeral containers is not spelled out',
    63: 'the difference of two pod specs is spelled out in the API’s own field names',
    120: 'a TokenRequest carries no managed fields',
  },
  jobs: {
    110: 'a pod template is spelled out in the API’s own field names',
  },
  'custom-resources': {
    5: 'the conditions of a definition have no owner in its managed fields',
    20: 'a body of a wrong version gets no warning beside its refusal',
    42: 'the type error of a status names the whole path',
    73: 'the conditions of a definition have no owner in its managed fields',
  },
};
