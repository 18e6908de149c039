import type { ConfigMap } from '@kubewright/apimachinery';
import { ConfigMap as ConfigMapResource } from '@kubewright/apimachinery';
import {
  defineAdmission,
  deny,
  mutatingWebhook,
  validatingWebhook,
  type AdmissionDefinition,
} from '@kubewright/runtime';

/** Where the webhooks are served: what the Service, the certificate and the configurations have in common. */
export const service = { namespace: 'owners', name: 'owners' } as const;
/** Port of the container. */
export const port = 9443;

const objectSelector = { matchLabels: { 'example.com/owned': 'yes' } };

/** Webhooks that give each ConfigMap an owner, who stays. */
export const ownerWebhooks: AdmissionDefinition = defineAdmission({
  name: service.name,
  webhooks: [
    mutatingWebhook<ConfigMap>({
      name: 'owner.owners.example.com',
      resource: ConfigMapResource,
      objectSelector,
      mutate: (draft) => {
        draft.data = { owner: 'nobody', ...draft.data };
        return undefined;
      },
    }),
    validatingWebhook<ConfigMap>({
      name: 'owner-stays.owners.example.com',
      resource: ConfigMapResource,
      operations: ['UPDATE'],
      objectSelector,
      validate: (request) =>
        request.operation === 'UPDATE' &&
        request.object.data?.['owner'] !== request.oldObject.data?.['owner']
          ? deny('data.owner cannot change; make another ConfigMap')
          : undefined,
    }),
  ],
});
