/**
 * The kubeconfig of a cluster with a real node.
 *
 * @throws Error when KUBECONFIG does not name one: these tests are of no use elsewhere.
 */
export function nodeKubeconfig(): string {
  const path = process.env['KUBECONFIG'];
  if (!path)
    throw new Error(
      'KUBECONFIG is not set: set it to the kubeconfig of a test cluster with a node',
    );
  return path;
}
