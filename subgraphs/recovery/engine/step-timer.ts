import { z } from 'zod';
import type { TimerHandler } from '#subgraphs/shared/timers/define.ts';
import { lockCase } from '../repositories/cases.ts';
import { finishCaseStep } from '../use-cases/advance-case.ts';
import { STEP_TIMER } from './kinds.ts';

const payload = z.object({ stepExecutionId: z.string() });

/** A wait is over. */
export const stepTimer: TimerHandler = {
  kind: STEP_TIMER,
  handle: async (ctx, timer) => {
    const { stepExecutionId } = payload.parse(timer.payload);
    await ctx.transaction(async (tx) => {
      const theCase = await lockCase(tx.db, ctx.workspaceId, timer.subjectId);
      if (theCase) await finishCaseStep(ctx, tx, theCase, stepExecutionId, 'ELAPSED');
    });
  },
};
