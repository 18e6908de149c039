import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ApiServer } from '../../src/index.ts';
import { findKubectl, Kubectl } from './kubectl.ts';

const DEFINITION = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd], categories: [all]}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
    additionalPrinterColumns:
    - {name: Color, type: string, jsonPath: .spec.color}
    - {name: Size, type: integer, jsonPath: .spec.size, priority: 1}
    schema:
      openAPIV3Schema:
        type: object
        description: A widget of the test.
        properties:
          spec:
            type: object
            description: What is wanted.
            required: [color]
            properties:
              color: {type: string, enum: [red, green], description: Its only colour.}
              size: {type: integer, default: 3}
              replicas: {type: integer, default: 1}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties: {name: {type: string}, count: {type: integer}}
            x-kubernetes-validations:
            - {rule: "self.size < 10 || self.color == 'red'", message: only red widgets are large}
          status:
            type: object
            properties:
              replicas: {type: integer}
              conditions:
                type: array
                items: {type: object, properties: {type: {type: string}, status: {type: string}}}
`;

const widget = (color: string, size = 4): string => `
apiVersion: example.com/v1
kind: Widget
metadata: {name: one, namespace: default}
spec: {color: ${color}, size: ${size}, parts: [{name: a, count: 1}]}
`;

const deployment = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "${image}", ports: [{containerPort: 80}]}
      - {name: side, image: side}
`;

describe('kubectl against the embedded server', () => {
  let server: ApiServer;
  let folder: string;
  let kubectl: Kubectl;

  before(async () => {
    const program = findKubectl();
    folder = await mkdtemp(join(tmpdir(), 'kubewright-kubectl-'));
    server = new ApiServer();
    await server.listen();
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, await server.kubeconfig());
    kubectl = new Kubectl(program, kubeconfig, folder);
    await kubectl.succeed(['apply', '-f', '-'], DEFINITION);
    await kubectl.succeed([
      'wait',
      '--for=condition=Established',
      'crd/widgets.example.com',
      '--timeout=120s',
    ]);
  });

  after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('names the version of the server', async () => {
    assert.match(await kubectl.succeed(['version']), /^Server Version: v1\.36\.\d+\+kubewright$/m);
  });

  test('applies a deployment three times: created, configured, unchanged', async () => {
    const apply = (image: string): Promise<string> =>
      kubectl.succeed(['apply', '-f', '-'], deployment(image));
    assert.equal(await apply('web:1'), 'deployment.apps/web created\n');
    assert.equal(await apply('web:2'), 'deployment.apps/web configured\n');
    assert.equal(await apply('web:2'), 'deployment.apps/web unchanged\n');
  });

  test('merges an applied list by its key: the other container stays', async () => {
    const images = await kubectl.succeed([
      'get',
      'deployment/web',
      '-o',
      'jsonpath={.spec.template.spec.containers[*].image}',
    ]);
    assert.equal(images, 'web:2 side');
  });

  test('shows what an apply would change, and ends with exit code 1', async () => {
    const { exitCode, stdout } = await kubectl.run(['diff', '-f', '-'], deployment('web:3'));
    assert.equal(exitCode, 1);
    assert.match(stdout, /^-\s+- image: web:2$/m);
    assert.match(stdout, /^\+\s+- image: web:3$/m);
  });

  test('prints the wide table of deployments', async () => {
    const [header = '', row = ''] = (await kubectl.succeed(['get', 'deploy', '-o', 'wide'])).split(
      '\n',
    );
    assert.deepEqual(header.split(/\s+/), [
      'NAME',
      'READY',
      'UP-TO-DATE',
      'AVAILABLE',
      'AGE',
      'CONTAINERS',
      'IMAGES',
      'SELECTOR',
    ]);
    assert.match(row, /^web\s+0\/2\s+0\s+0\s+\S+\s+web,side\s+web:2,side\s+app=web$/);
  });

  test('explains a field of a built-in kind with its type and choices', async () => {
    const text = await kubectl.succeed(['explain', 'pod.spec.containers']);
    assert.match(text, /FIELD: containers <\[\]Container>/);
    assert.match(text, /imagePullPolicy\t<string>\s+enum: Always, IfNotPresent, Never/);
    assert.match(text, /name\t<string> -required-/);
  });

  test('explains a custom resource in the words of its author', async () => {
    assert.match(await kubectl.succeed(['explain', 'widget']), /A widget of the test\./);
    const text = await kubectl.succeed(['explain', 'widgets.spec.color']);
    assert.match(
      text,
      /FIELD: color <string>\nENUM:\s+red\s+green\s+DESCRIPTION:\s+Its only colour\./,
    );
  });

  test('finds a custom resource by short name, category and scope', async () => {
    const resources = await kubectl.succeed(['api-resources', '--api-group=example.com']);
    assert.match(resources, /widgets\s+wd\s+example\.com\/v1\s+true\s+Widget/);
    await kubectl.succeed(['apply', '-f', '-'], widget('red'));
    assert.match(await kubectl.succeed(['get', 'wd']), /^one\s+red$/m);
    assert.match(await kubectl.succeed(['get', 'all']), /widget\.example\.com\/one/);
  });

  test('applies a custom resource again', async () => {
    assert.equal(
      await kubectl.succeed(['apply', '-f', '-'], widget('green', 5)),
      'widget.example.com/one configured\n',
    );
    assert.match(await kubectl.succeed(['get', 'wd', '-o', 'wide']), /^one\s+green\s+5$/m);
  });

  test('tells the choices for a value that is none of them', async () => {
    const { exitCode, stderr } = await kubectl.run(['apply', '-f', '-'], widget('blue'));
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /The Widget "one" is invalid: [\s\S]*spec\.color: Unsupported value: "blue": supported values: "red", "green"/,
    );
  });

  test('tells the message of a broken rule', async () => {
    const { exitCode, stderr } = await kubectl.run(['apply', '-f', '-'], widget('green', 50));
    assert.equal(exitCode, 1);
    assert.match(stderr, /spec: Invalid value: only red widgets are large/);
  });

  test('refuses a field that the schema does not have', async () => {
    const { exitCode, stderr } = await kubectl.run(
      ['create', '-f', '-'],
      `${widget('red')}extra: 1\n`,
    );
    assert.equal(exitCode, 1);
    assert.match(stderr, /strict decoding error: unknown field "extra"/);
  });

  test('refuses a value of the wrong type in a built-in kind', async () => {
    const { exitCode, stderr } = await kubectl.run(
      ['create', '-f', '-'],
      deployment('x').replace('name: web,', 'name: other,').replace('replicas: 2', 'replicas: two'),
    );
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32/,
    );
  });

  test('creates nothing in a dry run on the server', async () => {
    const manifest = deployment('x').replace('name: web,', 'name: dry,');
    assert.equal(
      await kubectl.succeed(['create', '--dry-run=server', '-f', '-'], manifest),
      'deployment.apps/dry created (server dry run)\n',
    );
    const { stderr } = await kubectl.run(['get', 'deployment/dry']);
    assert.match(stderr, /deployments\.apps "dry" not found/);
  });

  test('labels, annotates, patches and scales', async () => {
    await kubectl.succeed(['label', 'widget/one', 'tier=gold']);
    await kubectl.succeed(['annotate', 'widget/one', 'note=seen']);
    await kubectl.succeed(['patch', 'widget/one', '--type=merge', '-p', '{"spec":{"size":7}}']);
    await kubectl.succeed(['scale', 'widget/one', '--replicas=4']);
    await kubectl.succeed([
      'patch',
      'deployment/web',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:2"}]}}}}',
    ]);
    assert.equal(
      await kubectl.succeed([
        'get',
        'widget/one',
        '-o',
        'jsonpath={.metadata.labels.tier} {.metadata.annotations.note} {.spec.size} {.spec.replicas}',
      ]),
      'gold seen 7 4',
    );
    assert.equal(
      await kubectl.succeed([
        'get',
        'deployment/web',
        '-o',
        'jsonpath={.spec.template.spec.containers[*].image}',
      ]),
      'web:2 side:2',
    );
  });

  test('edits an object through an editor', async () => {
    const text = await kubectl.succeed(['edit', 'widget/one'], '', {
      KUBE_EDITOR: "sed -i -e 's/color: green/color: red/'",
    });
    assert.equal(text, 'widget.example.com/one edited\n');
    assert.match(await kubectl.succeed(['get', 'wd/one']), /^one\s+red$/m);
  });

  test('describes an object', async () => {
    const text = await kubectl.succeed(['describe', 'widget', 'one']);
    assert.match(text, /^Kind:\s+Widget$/m);
    assert.match(text, /^ {2}Color:\s+red$/m);
    assert.match(text, /^Events:\s+<none>$/m);
  });

  test('waits for a condition that the status gets', async () => {
    const waiting = kubectl.run(['wait', '--for=condition=Ready', 'widget/one', '--timeout=120s']);
    await kubectl.succeed([
      'patch',
      'widget/one',
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}',
    ]);
    assert.equal((await waiting).stdout, 'widget.example.com/one condition met\n');
  });

  test('names the other manager when a server-side apply meets its field', async () => {
    const { exitCode, stderr } = await kubectl.run(
      ['apply', '--server-side', '--field-manager=other', '-f', '-'],
      widget('green', 1),
    );
    assert.equal(exitCode, 1);
    assert.match(stderr, /conflict/);
    assert.equal(
      await kubectl.succeed(
        ['apply', '--server-side', '--field-manager=other', '--force-conflicts', '-f', '-'],
        widget('green', 1),
      ),
      'widget.example.com/one serverside-applied\n',
    );
  });

  test('deletes an object and waits until it is gone', async () => {
    assert.match(
      await kubectl.succeed(['delete', 'widget/one', '--timeout=120s']),
      /^widget\.example\.com "one" deleted/,
    );
    assert.match((await kubectl.run(['get', 'widget/one'])).stderr, /"one" not found/);
  });

  test('deletes a definition with its objects, and forgets the kind', async () => {
    await kubectl.succeed(['apply', '-f', '-'], widget('red'));
    await kubectl.succeed(['delete', 'crd/widgets.example.com', '--timeout=120s']);
    const { exitCode, stderr } = await kubectl.run(['get', 'widgets.example.com']);
    assert.equal(exitCode, 1);
    assert.match(stderr, /the server doesn't have a resource type "widgets"/);
  });
});
