import { UsageError } from '../usage-error.ts';

const PARTS = 'Say which part: gateway, subgraph <name>, worker <lanes or all>, dispatcher.';

/** One process of the distributed shape. What it needs is loaded only then: the other commands start faster without. */
export async function runPart([part, argument, ...more]: readonly string[]): Promise<void> {
  const takesOne = part === 'subgraph' || part === 'worker';
  if (more.length > 0 || (!takesOne && argument !== undefined))
    throw new UsageError(`That is too much for \`oppulence run ${part ?? ''}\`. ${PARTS}`);
  if (takesOne && argument === undefined)
    throw new UsageError(
      part === 'subgraph'
        ? 'Which subgraph? For example: oppulence run subgraph billing'
        : 'Which lanes? For example: oppulence run worker all',
    );
  switch (part) {
    case 'gateway':
      return (await import('../run/gateway.ts')).runGateway();
    case 'subgraph':
      return (await import('../run/subgraph.ts')).runSubgraph(argument ?? '');
    case 'worker':
      return (await import('../run/worker.ts')).runWorker(argument ?? '');
    case 'dispatcher':
      return (await import('../run/dispatcher.ts')).runDispatcher();
    default:
      throw new UsageError(PARTS);
  }
}
