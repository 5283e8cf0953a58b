/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** Where to move the clock. */
export type AdvanceTestClockInput = {
  /** The new business time: not before Workspace.businessNow and at most two years after it. */
  readonly to: string;
};

/** Which case to stop, and why. */
export type CancelRecoveryCaseInput = {
  /** Begins with `case_`. */
  readonly caseId: string;
  /** For your own record, at most 500 characters; the customer never sees it. */
  readonly reason: string;
};

/** Whose account is connected. */
export type ConnectionProvider =
  /** Stripe. */
  | 'STRIPE';

/** Where a connection stands. */
export type ConnectionState =
  /** Deliveries are accepted and the account is read. */
  | 'ACTIVE'
  /** Ended, by us or because the account took its access away: the credential is not used any more, deliveries are not accepted. Final. */
  | 'DISCONNECTED'
  /** Something else is wrong; deliveries are still accepted. */
  | 'ERROR'
  /** The credential stopped working. Connect the account again with a new one. */
  | 'NEEDS_REAUTH'
  /** Being made. If it stays so, the call broke off: connect the account again and it is taken up. */
  | 'PENDING';

/** The key to create, for the caller’s workspace. */
export type CreateApiKeyInput = {
  /** From this instant on (real time) the key is refused. Left out: it does not expire. */
  readonly expiresAt?: string | null | undefined;
  /** What the key is for, 1 to 100 characters. */
  readonly name: string;
  /** What the key may do, at least one; see ApiKey.scopes. Only what your own key may do. */
  readonly scopes: ReadonlyArray<string>;
};

/** The account to connect. */
export type CreateConnectionInput = {
  /** Whose account it is. */
  readonly provider: ConnectionProvider;
  /** For STRIPE, required. */
  readonly stripe?: StripeConnectionInput | null | undefined;
};

/** The company that gets a pair of workspaces. */
export type CreateWorkspaceInput = {
  /** The company’s name, 1 to 100 characters. */
  readonly name: string;
  /** IANA name, such as Europe/Berlin. UTC when left out. */
  readonly timezone?: string | null | undefined;
};

/** What a decline means for the next attempt with the same payment method. */
export type DeclineClass =
  /** Never try this payment method again. */
  | 'HARD_STOP'
  /** The customer has to do something first: authenticate, correct a field, call the bank. */
  | 'NEEDS_CUSTOMER'
  /** The merchant's own rules or integration refused; not a matter for the customer. */
  | 'POLICY'
  /** No funds or a limit reached: may work later. */
  | 'SOFT_FUNDS'
  /** A technical problem at the bank: may work soon. */
  | 'SOFT_TECH'
  /** The bank gave no usable reason: few and cautious attempts. */
  | 'SOFT_UNKNOWN';

/** Where an invoice stands. */
export type InvoiceStatus =
  /** Can still change; nobody owes it yet. */
  | 'DRAFT'
  /** Issued and owed. */
  | 'OPEN'
  /** A value that Stripe has added since; see it in Stripe. */
  | 'OTHER'
  /** Collected. */
  | 'PAID'
  /** Owed and written off. */
  | 'UNCOLLECTIBLE'
  /** Issued by mistake; nobody owes it. */
  | 'VOID';

/** Where a job stands. */
export type JobState =
  /** Ended without finishing; `error` says why. Final: it is safe to ask for the work again. */
  | 'FAILED'
  /** Waits for a worker. */
  | 'QUEUED'
  /** Is being carried out. */
  | 'RUNNING'
  /** Everything was done. Final. */
  | 'SUCCEEDED';

/** Where a magic link stands. Opening it uses nothing up; saving a card does. */
export type MagicLinkState =
  /** A card was saved through it. */
  | 'COMPLETED'
  /** Its time ran out. */
  | 'EXPIRED'
  /** In the mail, and not opened. */
  | 'ISSUED'
  /** Somebody, perhaps a mail scanner, looked at its page. */
  | 'OPENED'
  /** A newer link was sent, or the case ended. */
  | 'REVOKED';

/** What brought the payment, by the first rule that fits. */
export type RecoveryAttribution =
  /** The customer entered a new card through a magic link. */
  | 'LINK'
  /** Anything else: paid elsewhere, or by the provider's own retries. */
  | 'ORGANIC'
  /** A retry of ours went through. */
  | 'OUR_RETRY';

/** Where a recovery case stands. It leaves OPEN once. */
export type RecoveryCaseState =
  /** It ended without a payment; see `closeReason`. */
  | 'CLOSED'
  /** Its workflow is at work. */
  | 'OPEN'
  /** The invoice was paid while the case was open. */
  | 'RECOVERED';

/** Why a case ended without a payment. */
export type RecoveryCloseReason =
  /** Somebody canceled the case. */
  | 'CANCELED'
  /** The workflow came to its end. */
  | 'EXHAUSTED'
  /** The payment was refused by the merchant's own rules or integration, which no customer can change. */
  | 'REFUSED'
  /** The merchant marked the invoice uncollectible. */
  | 'UNCOLLECTIBLE'
  /** The merchant voided the invoice. */
  | 'VOIDED';

/** What happened in a recovery case. */
export type RecoveryEventType =
  /** The customer’s new card replaced the one that failed. */
  | 'CARD_UPDATED'
  /** The bank’s reason became known, or changed. */
  | 'CASE_CLASSIFIED'
  /** The case ended without a payment. */
  | 'CASE_CLOSED'
  /** A failed payment is now being recovered. */
  | 'CASE_OPENED'
  /** The invoice was paid while its case was open. */
  | 'CASE_RECOVERED'
  /** A magic link was made; older ones ended. */
  | 'LINK_CREATED'
  /** Somebody, perhaps a mail scanner, looked at the pay page for the first time. */
  | 'LINK_OPENED'
  /** An e-mail was decided on. */
  | 'MESSAGE_QUEUED'
  /** An e-mail left. */
  | 'MESSAGE_SENT'
  /** The bank declined an attempt to collect. */
  | 'RETRY_DECLINED'
  /** An attempt to collect was decided on. */
  | 'RETRY_SCHEDULED'
  /** An attempt to collect went through. */
  | 'RETRY_SUCCEEDED';

/** Which e-mail it is. */
export type RecoveryMessageKind =
  /** The last mail about the invoice, with a fresh link. */
  | 'FINAL_NOTICE'
  /** Carries a link on which another card can be entered. */
  | 'MAGIC_LINK'
  /** Tells that the payment did not go through. */
  | 'REMINDER';

/** How far an e-mail has come. */
export type RecoveryMessageState =
  /** Not sent; see `dropReason`. */
  | 'DROPPED'
  /** Decided, and waiting for its time. */
  | 'QUEUED'
  /** On its way to the mail provider. */
  | 'SENDING'
  /** Taken by the mail provider. */
  | 'SENT'
  /** Handed over, and no answer came: the mail provider is being asked. */
  | 'UNKNOWN';

/** The period in which the cases were opened. */
export type RecoverySummaryInput = {
  /** Start of the period, included (business time). From the beginning when left out. */
  readonly from?: string | null | undefined;
  /** End of the period, not included (business time). Until now when left out. */
  readonly to?: string | null | undefined;
};

/** How far an attempt to collect an invoice has come. */
export type RetryAttemptState =
  /** The bank declined; see `declineCode`. */
  | 'DECLINED'
  /** Decided, and not sent. */
  | 'SCHEDULED'
  /** On its way to the provider. */
  | 'SENDING'
  /** Not sent after all; see `skipReason`. */
  | 'SKIPPED'
  /** The provider collected the invoice. */
  | 'SUCCEEDED'
  /** Sent, and no answer came: the provider is being asked what became of it. */
  | 'UNKNOWN';

/** How to reach a Stripe account. */
export type StripeConnectionInput = {
  /** A secret key (sk_…) or a restricted key (rk_…) of the account. Kept encrypted and never shown. */
  readonly apiKey: string;
  /** The signing secret (whsec_…) of an endpoint that you register at Stripe yourself. Left out: the endpoint is registered for you. */
  readonly webhookSecret?: string | null | undefined;
};

/** What kind of caller you are. */
export type ViewerKind =
  /** Nobody that is known. */
  | 'ANONYMOUS'
  /** A program with an API key. */
  | 'API_KEY'
  /** Whoever runs this installation. */
  | 'OPERATOR';

/** Which side of a company’s pair a workspace is. Live and test data never meet. */
export type WorkspaceMode =
  /** Real money, real customers, real time. */
  | 'LIVE'
  /** Test data of the providers; time can be moved with advanceTestClock. */
  | 'TEST';

export type RecoverySummaryQueryVariables = Exact<{
  input?: RecoverySummaryInput | null | undefined;
}>;


export type RecoverySummaryQuery = { readonly recoverySummary: { readonly asOf: string | null, readonly lagSeconds: number | null, readonly currencies: ReadonlyArray<{ readonly currency: string, readonly casesOpened: number, readonly casesRecovered: number, readonly casesInProgress: number, readonly casesLost: number, readonly casesMatured: number, readonly recoveryRate: string | null, readonly failedAmount: { readonly amount: string }, readonly recoveredAmount: { readonly amount: string }, readonly cohorts: ReadonlyArray<{ readonly month: string, readonly casesOpened: number, readonly casesMatured: number, readonly recoveryRate: string | null }> }> } | null };

export type CreateConnectionMutationVariables = Exact<{
  input: CreateConnectionInput;
}>;


export type CreateConnectionMutation = { readonly createConnection:
    | { readonly __typename: 'AlreadyConnectedError', readonly code: string, readonly message: string, readonly param: string | null }
    | { readonly __typename: 'ConflictError', readonly code: string, readonly message: string, readonly param: string | null }
    | { readonly __typename: 'CreatedConnection', readonly webhookUrl: string, readonly webhookSecret: string, readonly connection: { readonly id: string, readonly account: string, readonly state: ConnectionState }, readonly job: { readonly id: string } | null }
    | { readonly __typename: 'LivemodeMismatchError', readonly code: string, readonly message: string, readonly param: string | null }
    | { readonly __typename: 'ProviderRefusedError', readonly code: string, readonly message: string, readonly param: string | null }
    | { readonly __typename: 'ProviderUnavailableError', readonly code: string, readonly message: string, readonly param: string | null }
    | { readonly __typename: 'ValidationError', readonly code: string, readonly message: string, readonly param: string | null }
   };

export type ConnectionsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ConnectionsQuery = { readonly connections: { readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly provider: ConnectionProvider, readonly account: string, readonly displayName: string, readonly state: ConnectionState } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type JobQueryVariables = Exact<{
  id: string;
}>;


export type JobQuery = { readonly job: { readonly id: string, readonly kind: string, readonly state: JobState, readonly done: string, readonly total: string | null, readonly message: string | null, readonly error: string | null } | null };

export type JobProgressSubscriptionVariables = Exact<{
  jobId: string;
  after?: string | null | undefined;
}>;


export type JobProgressSubscription = { readonly jobProgress: { readonly cursor: string, readonly state: JobState, readonly done: string, readonly total: string | null, readonly message: string | null } };

export type RecoveryCasesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  state?: RecoveryCaseState | null | undefined;
}>;


export type RecoveryCasesQuery = { readonly recoveryCases: { readonly totalCount: number, readonly edges: ReadonlyArray<{ readonly node: { readonly id: string, readonly state: RecoveryCaseState, readonly declineClass: DeclineClass, readonly attribution: RecoveryAttribution | null, readonly closeReason: RecoveryCloseReason | null, readonly openedAt: string, readonly closedAt: string | null, readonly customer: { readonly id: string, readonly name: string | null } | null, readonly invoice: { readonly id: string, readonly number: string | null } | null } }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type RecoveryCaseQueryVariables = Exact<{
  id: string;
}>;


export type RecoveryCaseQuery = { readonly recoveryCase: { readonly id: string, readonly state: RecoveryCaseState, readonly messages: ReadonlyArray<{ readonly kind: RecoveryMessageKind, readonly state: RecoveryMessageState, readonly sentAt: string | null }>, readonly attempts: ReadonlyArray<{ readonly state: RetryAttemptState, readonly declineCode: string | null, readonly dueAt: string }>, readonly link: { readonly state: MagicLinkState, readonly expiresAt: string } | null } | null };

export type CancelRecoveryCaseMutationVariables = Exact<{
  input: CancelRecoveryCaseInput;
}>;


export type CancelRecoveryCaseMutation = { readonly cancelRecoveryCase:
    | { readonly __typename: 'NotFoundError', readonly code: string, readonly message: string, readonly param: string | null }
    | { readonly __typename: 'RecoveryCase', readonly id: string, readonly state: RecoveryCaseState, readonly closeReason: RecoveryCloseReason | null }
    | { readonly __typename: 'RecoveryCaseNotOpenError', readonly code: string, readonly message: string, readonly param: string | null }
    | { readonly __typename: 'ValidationError', readonly code: string, readonly message: string, readonly param: string | null }
   };

export type RecoveryEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type RecoveryEventsSubscription = { readonly recoveryEvents: { readonly cursor: string, readonly type: RecoveryEventType, readonly at: string, readonly case: { readonly id: string, readonly state: RecoveryCaseState, readonly amount: { readonly amount: string, readonly currency: string } } | null, readonly customer: { readonly name: string | null } | null, readonly invoice: { readonly number: string | null, readonly status: InvoiceStatus } | null, readonly message: { readonly kind: RecoveryMessageKind } | null, readonly attempt: { readonly state: RetryAttemptState, readonly declineCode: string | null } | null } };

type Refusal_AlreadyConnectedError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_ClockMovingError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_ClockTargetError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_ConflictError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_ConnectionNotActiveError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_LastAdminKeyError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_LastWebhookSecretError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_LiveClockError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_LivemodeMismatchError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_NotFoundError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_PayloadTooLargeError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_ProviderRefusedError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_ProviderUnavailableError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_RecoveryCaseNotOpenError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_ScopeExceededError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_StripeConnectNotConfiguredError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_ValidationError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

type Refusal_WebhookSignatureError_Fragment = { readonly code: string, readonly message: string, readonly param: string | null };

export type RefusalFragment =
  | Refusal_AlreadyConnectedError_Fragment
  | Refusal_ClockMovingError_Fragment
  | Refusal_ClockTargetError_Fragment
  | Refusal_ConflictError_Fragment
  | Refusal_ConnectionNotActiveError_Fragment
  | Refusal_LastAdminKeyError_Fragment
  | Refusal_LastWebhookSecretError_Fragment
  | Refusal_LiveClockError_Fragment
  | Refusal_LivemodeMismatchError_Fragment
  | Refusal_NotFoundError_Fragment
  | Refusal_PayloadTooLargeError_Fragment
  | Refusal_ProviderRefusedError_Fragment
  | Refusal_ProviderUnavailableError_Fragment
  | Refusal_RecoveryCaseNotOpenError_Fragment
  | Refusal_ScopeExceededError_Fragment
  | Refusal_StripeConnectNotConfiguredError_Fragment
  | Refusal_ValidationError_Fragment
  | Refusal_WebhookSignatureError_Fragment
;

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { readonly viewer: { readonly kind: ViewerKind, readonly scopes: ReadonlyArray<string>, readonly workspace: { readonly id: string, readonly name: string, readonly mode: WorkspaceMode, readonly businessNow: string } | null } };

export type CreateWorkspaceMutationVariables = Exact<{
  input: CreateWorkspaceInput;
}>;


export type CreateWorkspaceMutation = { readonly createWorkspace:
    | { readonly __typename: 'ValidationError', readonly code: string, readonly message: string, readonly param: string | null }
    | { readonly __typename: 'WorkspacePair', readonly live: { readonly apiKey: string, readonly workspace: { readonly id: string } }, readonly test: { readonly apiKey: string, readonly workspace: { readonly id: string } } }
   };

export type CreateApiKeyMutationVariables = Exact<{
  input: CreateApiKeyInput;
}>;


export type CreateApiKeyMutation = { readonly createApiKey:
    | { readonly __typename: 'CreatedApiKey', readonly secret: string, readonly apiKey: { readonly id: string, readonly scopes: ReadonlyArray<string> } }
    | { readonly __typename: 'ScopeExceededError', readonly code: string, readonly message: string, readonly param: string | null }
    | { readonly __typename: 'ValidationError', readonly code: string, readonly message: string, readonly param: string | null }
   };

export type AdvanceTestClockMutationVariables = Exact<{
  input: AdvanceTestClockInput;
}>;


export type AdvanceTestClockMutation = { readonly advanceTestClock:
    | { readonly __typename: 'ClockMovingError', readonly code: string, readonly message: string, readonly param: string | null }
    | { readonly __typename: 'ClockTargetError', readonly code: string, readonly message: string, readonly param: string | null }
    | { readonly __typename: 'Job', readonly id: string, readonly state: JobState }
    | { readonly __typename: 'LiveClockError', readonly code: string, readonly message: string, readonly param: string | null }
   };

export const RefusalFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"param"}}]}}]} as unknown as DocumentNode<RefusalFragment, unknown>;
export const RecoverySummaryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"RecoverySummary"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"RecoverySummaryInput"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recoverySummary"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"asOf"}},{"kind":"Field","name":{"kind":"Name","value":"lagSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"currencies"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currency"}},{"kind":"Field","name":{"kind":"Name","value":"casesOpened"}},{"kind":"Field","name":{"kind":"Name","value":"casesRecovered"}},{"kind":"Field","name":{"kind":"Name","value":"casesInProgress"}},{"kind":"Field","name":{"kind":"Name","value":"casesLost"}},{"kind":"Field","name":{"kind":"Name","value":"casesMatured"}},{"kind":"Field","name":{"kind":"Name","value":"recoveryRate"}},{"kind":"Field","name":{"kind":"Name","value":"failedAmount"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"recoveredAmount"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}}]}},{"kind":"Field","name":{"kind":"Name","value":"cohorts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"month"}},{"kind":"Field","name":{"kind":"Name","value":"casesOpened"}},{"kind":"Field","name":{"kind":"Name","value":"casesMatured"}},{"kind":"Field","name":{"kind":"Name","value":"recoveryRate"}}]}}]}}]}}]}}]} as unknown as DocumentNode<RecoverySummaryQuery, RecoverySummaryQueryVariables>;
export const CreateConnectionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateConnection"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateConnectionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createConnection"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CreatedConnection"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"connection"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"account"}},{"kind":"Field","name":{"kind":"Name","value":"state"}}]}},{"kind":"Field","name":{"kind":"Name","value":"webhookUrl"}},{"kind":"Field","name":{"kind":"Name","value":"webhookSecret"}},{"kind":"Field","name":{"kind":"Name","value":"job"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"param"}}]}}]} as unknown as DocumentNode<CreateConnectionMutation, CreateConnectionMutationVariables>;
export const ConnectionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Connections"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"connections"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"account"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"state"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<ConnectionsQuery, ConnectionsQueryVariables>;
export const JobDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Job"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"job"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"done"}},{"kind":"Field","name":{"kind":"Name","value":"total"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"error"}}]}}]}}]} as unknown as DocumentNode<JobQuery, JobQueryVariables>;
export const JobProgressDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"JobProgress"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"jobId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"jobProgress"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"jobId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"jobId"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"done"}},{"kind":"Field","name":{"kind":"Name","value":"total"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]} as unknown as DocumentNode<JobProgressSubscription, JobProgressSubscriptionVariables>;
export const RecoveryCasesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"RecoveryCases"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"state"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"RecoveryCaseState"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recoveryCases"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"state"},"value":{"kind":"Variable","name":{"kind":"Name","value":"state"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"declineClass"}},{"kind":"Field","name":{"kind":"Name","value":"attribution"}},{"kind":"Field","name":{"kind":"Name","value":"closeReason"}},{"kind":"Field","name":{"kind":"Name","value":"openedAt"}},{"kind":"Field","name":{"kind":"Name","value":"closedAt"}},{"kind":"Field","name":{"kind":"Name","value":"customer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"invoice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<RecoveryCasesQuery, RecoveryCasesQueryVariables>;
export const RecoveryCaseDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"RecoveryCase"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recoveryCase"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"messages"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"sentAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"attempts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"declineCode"}},{"kind":"Field","name":{"kind":"Name","value":"dueAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"link"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}}]}}]}}]} as unknown as DocumentNode<RecoveryCaseQuery, RecoveryCaseQueryVariables>;
export const CancelRecoveryCaseDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelRecoveryCase"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CancelRecoveryCaseInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cancelRecoveryCase"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"RecoveryCase"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"closeReason"}}]}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"param"}}]}}]} as unknown as DocumentNode<CancelRecoveryCaseMutation, CancelRecoveryCaseMutationVariables>;
export const RecoveryEventsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"RecoveryEvents"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"recoveryEvents"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"case"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"amount"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"customer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"invoice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"message"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}}]}},{"kind":"Field","name":{"kind":"Name","value":"attempt"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"declineCode"}}]}}]}}]}}]} as unknown as DocumentNode<RecoveryEventsSubscription, RecoveryEventsSubscriptionVariables>;
export const ViewerDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"scopes"}},{"kind":"Field","name":{"kind":"Name","value":"workspace"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"mode"}},{"kind":"Field","name":{"kind":"Name","value":"businessNow"}}]}}]}}]}}]} as unknown as DocumentNode<ViewerQuery, ViewerQueryVariables>;
export const CreateWorkspaceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateWorkspace"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateWorkspaceInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createWorkspace"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"WorkspacePair"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"live"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"apiKey"}},{"kind":"Field","name":{"kind":"Name","value":"workspace"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"test"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"apiKey"}},{"kind":"Field","name":{"kind":"Name","value":"workspace"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"param"}}]}}]} as unknown as DocumentNode<CreateWorkspaceMutation, CreateWorkspaceMutationVariables>;
export const CreateApiKeyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateApiKey"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateApiKeyInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createApiKey"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CreatedApiKey"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"apiKey"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"scopes"}}]}}]}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"param"}}]}}]} as unknown as DocumentNode<CreateApiKeyMutation, CreateApiKeyMutationVariables>;
export const AdvanceTestClockDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"AdvanceTestClock"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"AdvanceTestClockInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"advanceTestClock"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Job"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"state"}}]}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"param"}}]}}]} as unknown as DocumentNode<AdvanceTestClockMutation, AdvanceTestClockMutationVariables>;