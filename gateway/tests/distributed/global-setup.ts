import shared from '../../../subgraphs/shared/testing/global-setup.ts';

/** The engines that all tests share, and the word that makes `startStack` start services. */
export default async function globalSetup(config: { rootDir: string }): Promise<void> {
  process.env['OPPULENCE_TEST_SHAPE'] = 'distributed';
  await shared(config);
}
