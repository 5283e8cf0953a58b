import { z } from 'zod';
import type { EventConsumer } from '#subgraphs/shared/events/consume.ts';
import type { Bus } from '#subgraphs/shared/bus/bus.ts';
import { apiKeyRevoked } from './events.ts';

/** Topic on which gateways hear that a key was revoked, so that its open sockets end at once and not at their next check. */
const REVOKED = 'keys.revoked';
const message = z.object({ keyId: z.string() });

export function revocationConsumer(bus: Bus): EventConsumer {
  return {
    name: 'platform.revocations',
    handlers: {
      [apiKeyRevoked.type]: { handle: (_ctx, event) => bus.publish(REVOKED, message.parse(event.payload)) },
    },
  };
}

/** @returns the way to stop listening. */
export function onKeyRevoked(bus: Bus, listener: (keyId: string) => void): Promise<() => Promise<void>> {
  return bus.subscribe(REVOKED, (heard) => {
    listener(message.parse(heard).keyId);
  });
}
