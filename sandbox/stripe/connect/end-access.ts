import { longId } from '../store/ids.ts';
import { recordEvent } from '../store/record-event.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { disconnect, isConnected } from './connections.ts';

/** Takes a platform's access to the account of this work away and tells the platform. @returns whether it had any. */
export async function endAccess(work: UnitOfWork, platform: string, clientId: string): Promise<boolean> {
  if (!(await isConnected(work.client, platform, work.scope))) return false;
  const application = { id: clientId, object: 'application', name: null };
  const told = { id: longId('evt'), type: 'account.application.deauthorized', object: application, at: work.wallNow() };
  await recordEvent(work, { ...told, toPlatform: platform });
  await disconnect(work.client, platform, work.scope);
  return true;
}
