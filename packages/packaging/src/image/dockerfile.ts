import type { OperatorDefinition } from '../operator-definition.ts';

/**
 * The recipe of the image: the bundled file on a plain Node.
 *
 * @param folder - Of the operator, from the root of the repository; shown in the commands at its head.
 */
export function dockerfile(operator: OperatorDefinition, folder: string): string {
  const { name, version, image, program } = operator;
  const { metricsPort, healthPort, webhookPort } = program.standard;
  const ports = [metricsPort, healthPort, ...(program.servesWebhooks ? [webhookPort] : [])]
    .map((port) => port.default)
    .filter((port) => typeof port === 'number');
  return `# The operator as one file on a plain Node. Build it first, from the root of the repository:
#   npm run bundle -- ${name}
#   docker build -f ${folder}/image/Dockerfile -t ${image}:${version} ${folder}
FROM node:24-alpine
COPY dist/image/ /app/
USER 65532:65532
EXPOSE ${ports.join(' ')}
ENTRYPOINT ["node", "/app/operator.mjs"]
`;
}
