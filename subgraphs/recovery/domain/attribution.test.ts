import { describe, expect, it } from '@jest/globals';
import { attributeRecovery } from './attribution.ts';

type Attempt = Parameters<typeof attributeRecovery>[0]['attempts'][number];
const retry = (state: Attempt['state']): Attempt => ({ origin: 'WORKFLOW', linkId: null, state });
const byLink = (state: Attempt['state'], linkId = 'link_1'): Attempt => ({ origin: 'LINK', linkId, state });

describe('a recovery is put down to', () => {
  it.each([
    ['a retry that succeeded', [], [retry('SUCCEEDED')], 'OUR_RETRY'],
    ['a retry whose answer is not in yet', [], [retry('SENDING')], 'OUR_RETRY'],
    ['a retry whose answer was lost', [], [retry('UNKNOWN')], 'OUR_RETRY'],
    ['nobody, while a retry is only planned', [], [retry('SCHEDULED')], 'ORGANIC'],
    ['nobody, after a retry was declined', [], [retry('DECLINED')], 'ORGANIC'],
    ['nobody, when nothing was tried', [], [], 'ORGANIC'],
    ['the link that a card was saved through', ['link_1'], [retry('DECLINED'), byLink('SUCCEEDED')], 'LINK'],
    ['the link, also when the provider charged the new card first', ['link_1'], [byLink('SKIPPED')], 'LINK'],
    ['the link, before our attempt was made', ['link_1'], [retry('DECLINED')], 'LINK'],
    ['nobody, when the new card was refused too', ['link_1'], [byLink('DECLINED')], 'ORGANIC'],
    [
      'the second link, when the first card was refused',
      ['link_1', 'link_2'],
      [byLink('DECLINED'), byLink('SUCCEEDED', 'link_2')],
      'LINK',
    ],
    [
      'the retry, when the card of the link was refused before',
      ['link_1'],
      [byLink('DECLINED'), retry('SUCCEEDED')],
      'OUR_RETRY',
    ],
  ] as const)('%s', (_what, completedLinkIds, attempts, attribution) => {
    expect(attributeRecovery({ completedLinkIds, attempts })).toBe(attribution);
  });
});
