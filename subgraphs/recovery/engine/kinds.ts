/** What recovery asks the kernel to do later. Their subject is always the case, so that a case that ends takes them along. */
export const STEP_TIMER = 'recovery.step';
export const SEND_MESSAGE = 'recovery.send-message';
export const RETRY_PAYMENT = 'recovery.retry-payment';
export const REPLACE_PAYMENT_METHOD = 'recovery.replace-payment-method';
export const CASE_EFFECTS = [SEND_MESSAGE, RETRY_PAYMENT, REPLACE_PAYMENT_METHOD] as const;
