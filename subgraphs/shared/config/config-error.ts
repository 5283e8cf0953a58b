import { WHAT_TO_SET } from './variables.ts';

export interface ConfigMistake {
  readonly variable: string;
  readonly message: string;
}

/** Everything that is wrong with the environment, for a person at a terminal. Values are not shown: some are secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly ConfigMistake[];

  constructor(mistakes: readonly ConfigMistake[], given: Readonly<Record<string, unknown>>) {
    const told = mistakes.map(({ variable, message }) => {
      if (variable in given) return { variable, message: `${message}.` };
      return { variable, message: `is not set. ${WHAT_TO_SET[variable] ?? ''}`.trim() };
    });
    const lines = told.map(({ variable, message }) => `  ${variable} ${message}`);
    super(`The configuration has ${count(told.length)}:\n${lines.join('\n')}`);
    this.mistakes = told;
  }
}

function count(n: number): string {
  return n === 1 ? 'a mistake' : `${String(n)} mistakes`;
}
