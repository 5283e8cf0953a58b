import type { GatewayDeps, GatewayLimits } from './types.ts';

export const DEFAULT_LIMITS: GatewayLimits = {
  depth: 12,
  aliases: 30,
  rootFields: 20,
  tokens: 4_000,
  bodyBytes: 1_048_576,
  socket: {
    // One key may serve several dashboards and servers; the bound is there to stop a client that leaks connections.
    connectionsPerCaller: 32,
    operationsPerConnection: 10,
    messageBytes: 65_536,
    initTimeoutMs: 3_000,
    pingMs: 12_000,
    recheckMs: 60_000,
    bufferedEvents: 128,
    reopenTries: 8,
  },
};

export function limitsFrom(given: GatewayDeps['limits']): GatewayLimits {
  const { socket, ...rest } = given ?? {};
  return { ...DEFAULT_LIMITS, ...rest, socket: { ...DEFAULT_LIMITS.socket, ...socket } };
}
