/** Where the embedded server answers otherwise than a real one, and why: scenario → index of the request → reason. */
export const KNOWN_DIFFERENCES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'general-requests': {
    89: 'the text of a type error in a strategic merge patch is the decoder’s',
  },
  'kinds-at-creation': {
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
  'loose-kinds': {
    15: 'a finalizer of an Event must be a standard one or have a domain',
    37: 'a bad label is told once in an update',
  },
  'network-kinds': {
    49: 'an empty list of endpoints belongs to nobody',
    97: 'the groups that the server serves itself are no APIServices',
  },
  'pod-specs': {
    61: 'quantities keep their thousandths: CPU is not rounded up to 1m',
    85: 'a stop signal in a pod is stored: the real server drops it, its gate is off',
    86: 'as above',
    87: 'as above',
    88: 'as above',
    124: 'no warning of projections that have no sources or hide each other',
    141: 'the source of a volume of a removed plug-in is not looked into',
    142: 'as above',
    150: 'as above',
    155: 'as above',
    172: 'an image pull secret without a name is no item with an empty key',
    187: 'what a Windows pod may not have is not looked at',
    219: 'as above',
    224: 'resources of a whole pod are stored, and neither defaulted nor counted',
    225: 'as above',
    237: 'annotations that stood in for fields are not looked into',
    244: 'a scheduling group is stored: the real server drops it, its gate is off',
  },
  scale: {
    40: 'a patched scale is quoted in the order in which its fields came',
    43: 'what is wrong with the scale of a custom resource is said',
    44: 'as above',
    46: 'a second write to the scale of a custom resource keeps its owner: a real server forgets it',
  },
  'signing-requests': {
    11: 'bytes that are no request are refused in other words',
    12: 'as above',
    47: 'bytes that are no certificate are refused in other words',
  },
  'storage-kinds': {
    20: 'no finalizer protects a VolumeAttributesClass: nothing would take it away',
    26: 'as above',
    30: 'as above',
    56: 'an empty list of drivers belongs to nobody',
  },
  'kind-rules': {
    39: 'an empty list of rules is gone before it is looked at',
    71: 'an empty list of policies is gone before it is looked at, and filled with the defaults',
    88: 'a data source that no controller knows is kept: the real server drops it',
    108: 'an aggregation rule may choose nothing',
    141: 'a DaemonSet without a selector is told so',
  },
};
