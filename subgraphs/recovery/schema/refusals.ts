import { refusalType } from '#subgraphs/shared/graphql/kernel-types.ts';
import { RecoveryCaseNotOpenError } from '../errors.ts';
import { builder } from './builder.ts';

refusalType(builder, RecoveryCaseNotOpenError, {
  description: 'The case has ended (recovered or closed), so nothing can be stopped in it or sent for it any more.',
});
