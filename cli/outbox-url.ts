/** The outbox of one workspace as a link that opens in a browser. `masterKey` is base64, as in the environment. */
export async function outboxUrlFor(gatewayUrl: string, masterKey: string, workspaceId: string): Promise<string> {
  // A whole domain: commands that show no outbox start without it.
  const { createOutboxAccess } = await import('#subgraphs/platform/index.ts');
  const url = new URL('/dev/outbox', gatewayUrl);
  url.searchParams.set('workspace', workspaceId);
  url.searchParams.set('access', createOutboxAccess(Buffer.from(masterKey, 'base64'))(workspaceId));
  return url.href;
}
