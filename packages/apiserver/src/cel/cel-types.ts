/** Types without parts. `none` is the element of an empty list: it fits every type. */
export type PrimitiveName =
  | 'int'
  | 'uint'
  | 'double'
  | 'bool'
  | 'string'
  | 'bytes'
  | 'null'
  | 'timestamp'
  | 'duration'
  | 'type'
  | 'dyn'
  | 'none'
  | 'kubernetes.Quantity'
  | 'kubernetes.URL'
  | 'net.IP'
  | 'net.CIDR'
  | 'kubernetes.Semver'
  | AuthorizerTypeName;

/** What expressions that may ask the authorizer do so with. */
export type AuthorizerTypeName =
  `kubernetes.authorization.${'Authorizer' | 'PathCheck' | 'GroupCheck' | 'ResourceCheck' | 'Decision'}`;

/** The static type of a CEL expression. Sizes are bounds for the estimate of costs; absent: unbounded. */
export type CelType =
  | { readonly kind: 'primitive'; readonly name: PrimitiveName; readonly maxSize?: number }
  | { readonly kind: 'list'; readonly element: CelType; readonly maxSize?: number }
  | {
      readonly kind: 'map';
      readonly key: CelType;
      readonly value: CelType;
      readonly maxSize?: number;
    }
  | { readonly kind: 'optional'; readonly value: CelType }
  /** An object with declared fields; the same schema node is the same type. */
  | {
      readonly kind: 'object';
      readonly name: string;
      readonly fields: ReadonlyMap<string, CelType>;
    }
  /** A type parameter of a function declaration. */
  | { readonly kind: 'parameter'; readonly name: string };

/** A type without parts. */
export function primitive(name: PrimitiveName, maxSize?: number): CelType {
  return maxSize === undefined ? { kind: 'primitive', name } : { kind: 'primitive', name, maxSize };
}

/** A list. */
export function listOf(element: CelType, maxSize?: number): CelType {
  return maxSize === undefined ? { kind: 'list', element } : { kind: 'list', element, maxSize };
}

/** A map. */
export function mapOf(key: CelType, value: CelType, maxSize?: number): CelType {
  return maxSize === undefined ? { kind: 'map', key, value } : { kind: 'map', key, value, maxSize };
}

/** An optional. */
export function optionalType(value: CelType): CelType {
  return { kind: 'optional', value };
}

/** Whether values of the type are optionals. */
export function isOptionalType(
  type: CelType,
): type is Extract<CelType, { readonly kind: 'optional' }> {
  return type.kind === 'optional';
}

/** Most elements, characters or entries a value of the type has; Infinity when nothing bounds it. */
export function maxSizeOf(type: CelType): number {
  return ('maxSize' in type ? type.maxSize : undefined) ?? Infinity;
}

/** A type of values whose sizes nobody knows any more. */
export function withoutSizes(type: CelType): CelType {
  switch (type.kind) {
    case 'primitive':
      return primitive(type.name);
    case 'list':
      return listOf(withoutSizes(type.element));
    case 'map':
      return mapOf(withoutSizes(type.key), withoutSizes(type.value));
    case 'optional':
      return optionalType(withoutSizes(type.value));
    case 'object': {
      const fields = [...type.fields].map(([name, field]) => [name, withoutSizes(field)] as const);
      return { ...type, fields: new Map(fields) };
    }
    case 'parameter':
      return type;
  }
}

/** How messages name a type. */
export function describeType(type: CelType): string {
  switch (type.kind) {
    case 'primitive':
      return type.name === 'none' ? 'dyn' : type.name;
    case 'list':
      return `list(${describeType(type.element)})`;
    case 'map':
      return `map(${describeType(type.key)}, ${describeType(type.value)})`;
    case 'optional':
      return `optional_type(${describeType(type.value)})`;
    case 'object':
    case 'parameter':
      return type.name;
  }
}

/** Whether the type is `dyn`, or says nothing. */
export function isDynamic(type: CelType): boolean {
  return type.kind === 'primitive' && (type.name === 'dyn' || type.name === 'none');
}

/** Whether two types are the same; what says nothing (`none`) is the same as anything. */
export function areEquivalent(left: CelType, right: CelType): boolean {
  if (isUnbound(left) || isUnbound(right)) return true;
  if (left.kind === 'list' && right.kind === 'list') {
    return areEquivalent(left.element, right.element);
  }
  if (left.kind === 'map' && right.kind === 'map') {
    return areEquivalent(left.key, right.key) && areEquivalent(left.value, right.value);
  }
  if (left.kind === 'optional' && right.kind === 'optional') {
    return areEquivalent(left.value, right.value);
  }
  return left.kind === right.kind && describeType(left) === describeType(right);
}

function isUnbound(type: CelType): boolean {
  return type.kind === 'primitive' && type.name === 'none';
}

/** The type of values that may be of either type; undefined when the two have nothing in common. */
export function joinTypes(left: CelType, right: CelType): CelType | undefined {
  if (isDynamic(left)) return isUnbound(left) ? right : left;
  if (isDynamic(right)) return isUnbound(right) ? left : right;
  if (left.kind === 'list' && right.kind === 'list') {
    const element = joinTypes(left.element, right.element);
    return element === undefined ? undefined : listOf(element, largerSize(left, right));
  }
  if (left.kind === 'map' && right.kind === 'map') {
    const key = joinTypes(left.key, right.key);
    const value = joinTypes(left.value, right.value);
    return key === undefined || value === undefined
      ? undefined
      : mapOf(key, value, largerSize(left, right));
  }
  if (left.kind === 'optional' && right.kind === 'optional') {
    const value = joinTypes(left.value, right.value);
    return value === undefined ? undefined : optionalType(value);
  }
  if (left.kind === 'primitive' && right.kind === 'primitive' && left.name === right.name) {
    return primitive(left.name, largerSize(left, right));
  }
  if (isNull(left) && right.kind === 'object') return right;
  if (isNull(right) && left.kind === 'object') return left;
  if (left.kind === 'object' && right.kind === 'object') {
    // Types are made once for each schema, and again for each rule: the name tells the schema node.
    return left === right || left.name === right.name ? left : undefined;
  }
  return undefined;
}

function isNull(type: CelType): boolean {
  return type.kind === 'primitive' && type.name === 'null';
}

function largerSize(left: CelType, right: CelType): number | undefined {
  const size = Math.max(maxSizeOf(left), maxSizeOf(right));
  return size === Infinity ? undefined : size;
}
