/** Resolves at the first request to end. Asked again a second later or more, the process ends at once. */
export function untilAskedToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let askedAt: number | null = null;
    const ask = (signal: NodeJS.Signals): void => {
      // One Ctrl-C can arrive twice, from the terminal and from whoever started us.
      if (askedAt !== null && Date.now() - askedAt > 1_000) process.exit(130);
      askedAt ??= Date.now();
      resolve(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  });
}
