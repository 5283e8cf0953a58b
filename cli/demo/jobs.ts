import { socketTo, streamError } from './socket.ts';

const PROGRESS = `subscription Progress($jobId: ID!) { jobProgress(jobId: $jobId) { state message job { error } } }`;

interface Progress {
  readonly state: string;
  readonly message: string | null;
  readonly job: { readonly error: string | null } | null;
}

/** Follows a job to its end and passes on each message it reports. @throws when it fails, with its reason. */
export async function followJob(
  subscriptionsUrl: string,
  apiKey: string,
  jobId: string,
  onProgress: (line: string) => void,
): Promise<void> {
  const client = socketTo(subscriptionsUrl, apiKey);
  try {
    let last = '';
    for await (const { data, errors } of client.iterate<{ jobProgress: Progress }>({
      query: PROGRESS,
      variables: { jobId },
    })) {
      if (errors?.[0]) throw new Error(errors[0].message);
      const { state, message, job } = data?.jobProgress ?? { state: '', message: null, job: null };
      if (message !== null && message !== last) onProgress((last = message));
      if (state === 'FAILED') throw new Error(job?.error ?? 'The job failed');
    }
  } catch (error) {
    throw streamError(error);
  } finally {
    await client.dispose();
  }
}
