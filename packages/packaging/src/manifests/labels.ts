/** Labels of every object of an operator's manifests, but of its namespace. */
export function installLabels(operatorName: string): {
  'app.kubernetes.io/name': string;
  'app.kubernetes.io/part-of': string;
} {
  return { 'app.kubernetes.io/name': operatorName, 'app.kubernetes.io/part-of': 'kubewright' };
}
