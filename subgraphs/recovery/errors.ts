import { DomainError } from '#subgraphs/shared/errors/errors.ts';
import type { CaseState } from './domain/case-status.ts';
import type { DefinitionProblem } from './domain/workflow-definition.ts';

/** The case has ended, so nothing can be canceled in it or sent for it. */
export class RecoveryCaseNotOpenError extends DomainError {
  readonly code = 'RECOVERY_CASE_NOT_OPEN';

  constructor(caseId: string, state: CaseState) {
    super(
      state === 'RECOVERED'
        ? `The invoice of case ${caseId} has been paid, so there is nothing left to do.`
        : `Case ${caseId} is closed. A later failed payment of another invoice opens a case of its own.`,
    );
  }
}

/** A workflow that could get stuck or run forever is never saved. */
export class WorkflowDefinitionInvalidError extends DomainError {
  readonly code = 'WORKFLOW_DEFINITION_INVALID';
  override readonly type = 'validation_error';
  readonly problems: readonly DefinitionProblem[];

  constructor(problems: readonly DefinitionProblem[]) {
    const list = problems.map(({ stepId, problem }) => (stepId === null ? problem : `${stepId}: ${problem}`)).join(' ');
    super(`The workflow cannot be saved. Correct these steps and save it again. ${list}`, { param: 'definition' });
    this.problems = problems;
  }
}
