import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ClusterRole,
  ClusterRoleBinding,
  CustomResourceDefinition,
  Deployment,
  Namespace,
  Role,
  RoleBinding,
  Service,
  ServiceAccount,
} from '@kubewright/apimachinery';
import { defineOperator, installManifests, type OperatorDefinition } from '../src/index.ts';
import { Converted, gadgeteer, Gadget, servesWebhooks, watchesAll } from './gadget.ts';
import { ManifestObjects } from './manifest-objects.ts';

function objectsIn(operator: OperatorDefinition, file: string): ManifestObjects {
  return new ManifestObjects(installManifests(operator).get(file));
}

describe('the manifests of an operator', () => {
  test('let it do what it says, where it says so, and no more', () => {
    const objects = objectsIn(gadgeteer(), 'operator.yaml');
    const watch = objects.get(Role, 'gadgeteer-watch');
    assert.deepEqual(watch.rules, [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'get'] },
    ]);
    assert.equal(watch.metadata.namespace, 'default');
    assert.deepEqual(objects.get(Role, 'gadgeteer-leader').rules, [
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['state'],
        verbs: ['delete'],
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['gadgeteer'],
        verbs: ['create', 'get', 'patch', 'update'],
      },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
    ]);
    assert.deepEqual(objects.get(ClusterRole, 'gadgeteer-cluster').rules, [
      { apiGroups: [''], resources: ['nodes'], verbs: ['list'] },
    ]);
  });

  test('bind every role to the account that the pods run as', () => {
    const objects = objectsIn(gadgeteer(), 'operator.yaml');
    const account = objects.get(ServiceAccount, 'gadgeteer').metadata;
    const deployment = objects.get(Deployment, 'gadgeteer');
    assert.equal(deployment.spec?.template.spec?.serviceAccountName, account.name);
    const kinds = [
      [Role, RoleBinding],
      [ClusterRole, ClusterRoleBinding],
    ] as const;
    for (const [role, binding] of kinds) {
      assert.equal(objects.of(binding).length, objects.of(role).length);
      for (const { roleRef, subjects, metadata } of objects.of(binding)) {
        assert.equal(objects.get(role, roleRef.name).metadata.namespace, metadata.namespace);
        assert.deepEqual(subjects, [
          { kind: 'ServiceAccount', name: account.name, namespace: account.namespace },
        ]);
      }
    }
  });

  test('run pods that Pod Security calls restricted, with probes and limits', () => {
    const objects = objectsIn(gadgeteer(), 'operator.yaml');
    const { labels } = objects.get(Namespace, 'gadgeteer-system').metadata;
    assert.equal(labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
    const pod = objects.get(Deployment, 'gadgeteer').spec?.template.spec;
    assert.equal(pod?.securityContext?.runAsNonRoot, true);
    assert.deepEqual(pod.securityContext.seccompProfile, { type: 'RuntimeDefault' });
    const [container] = pod.containers;
    assert.deepEqual(container?.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    assert.deepEqual(container.ports, [
      { name: 'metrics', containerPort: 2112 },
      { name: 'health', containerPort: 8081 },
    ]);
    assert.equal(container.readinessProbe?.httpGet?.path, '/readyz');
    // A second, the default, is not enough on a node that is busy.
    const { livenessProbe, readinessProbe } = container;
    for (const probe of [livenessProbe, readinessProbe]) {
      assert.equal(probe?.timeoutSeconds, probe?.periodSeconds);
    }
    assert.ok(container.resources?.limits?.['memory']);
    assert.equal(container.image, 'gadgeteer:1.2.3');
  });

  test('of a program that watches everything have a ClusterRole, and no extra for it', () => {
    const operator = gadgeteer({ program: watchesAll });
    const objects = objectsIn(operator, 'operator.yaml');
    assert.ok(objects.get(ClusterRole, 'gadgeteer').rules?.length);
    assert.deepEqual(
      objects.of(Role).map(({ metadata }) => metadata.name),
      ['gadgeteer-leader'],
    );
    assert.equal(installManifests(operator).has('all-namespaces/cluster-role.yaml'), false);
  });

  test('of an operator with webhooks lead the API server to it, and let it see to certificates', () => {
    const operator = gadgeteer({ program: servesWebhooks, resources: [Gadget, Converted] });
    const objects = objectsIn(operator, 'operator.yaml');
    assert.deepEqual(objects.get(Service, 'gadgeteer-webhook').spec?.ports, [
      { name: 'webhook', port: 443, targetPort: 'webhook' },
    ]);
    const definitions = objectsIn(operator, 'crd.yaml');
    const { conversion } = definitions.get(CustomResourceDefinition, 'converteds.example.com').spec;
    assert.deepEqual(conversion?.webhook?.clientConfig?.service, {
      path: '/convert',
      namespace: 'gadgeteer-system',
      name: 'gadgeteer-webhook',
    });
    assert.deepEqual(objects.get(ClusterRole, 'gadgeteer-cluster').rules?.[1], {
      apiGroups: ['apiextensions.k8s.io'],
      resources: ['customresourcedefinitions'],
      resourceNames: ['converteds.example.com'],
      verbs: ['get', 'list', 'patch', 'watch'],
    });
    const { rules = [] } = objects.get(Role, 'gadgeteer-leader');
    assert.deepEqual(
      rules
        .filter(({ resources }) => resources?.includes('secrets'))
        .map(({ verbs, resourceNames }) => ({ verbs, resourceNames })),
      [
        {
          verbs: ['create', 'get', 'list', 'patch', 'watch'],
          resourceNames: ['gadgeteer-webhook'],
        },
      ],
    );
  });
});

describe('the definition of an operator', () => {
  test('is refused without a version, or with a name that Services cannot have', () => {
    const { program, resources, permissions } = gadgeteer();
    const { version: _version, ...unversioned } = program;
    const rest = { resources, permissions };
    assert.throws(() => defineOperator({ program: unversioned, ...rest }), /has no version/);
    const named = { ...program, name: 'Gadget_eer' };
    assert.throws(() => defineOperator({ program: named, ...rest }), /cannot name an operator/);
  });
});
