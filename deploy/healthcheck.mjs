// Ends with 0 when the process in this container should get traffic.
const answer = await fetch(`http://127.0.0.1:${process.env.PORT ?? '4000'}/health/ready`, {
  signal: AbortSignal.timeout(4_000),
}).catch(() => null);
process.exit(answer?.ok === true ? 0 : 1);
