/** A function that computes once for each subject and remembers: what several rules ask is read once. */
export function oncePer<Subject extends object, Value>(
  compute: (subject: Subject) => Value,
): (subject: Subject) => Value {
  const known = new WeakMap<Subject, { readonly value: Value }>();
  return (subject) => {
    const before = known.get(subject);
    if (before !== undefined) return before.value;
    const value = compute(subject);
    known.set(subject, { value });
    return value;
  };
}
