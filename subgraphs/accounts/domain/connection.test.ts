import { describe, expect, it } from '@jest/globals';
import { canMove, type ConnectionState } from './connection.ts';

const states: readonly ConnectionState[] = ['PENDING', 'ACTIVE', 'NEEDS_REAUTH', 'DISCONNECTED', 'ERROR'];

describe('a connection', () => {
  it.each(states.filter((state) => state !== 'DISCONNECTED'))('can be disconnected while %s', (state) => {
    expect(canMove(state, 'DISCONNECTED')).toBe(true);
  });

  it.each(states)('does not come back from DISCONNECTED to %s', (state) => {
    expect(canMove('DISCONNECTED', state)).toBe(false);
  });

  it('does not go back to PENDING once it was active', () => {
    expect(states.filter((state) => canMove(state, 'PENDING'))).toEqual([]);
  });
});
