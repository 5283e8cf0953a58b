import type { Page } from 'playwright-core';

/** GraphiQL, used as a person does: by what its parts are called. */
export interface Playground {
  writeHeaders(headers: Record<string, string>): Promise<void>;
  writeOperation(text: string): Promise<void>;
  /** Starts the operation; a second press stops a subscription. */
  press(): Promise<void>;
  /** What the result window shows, once it shows `expected`. @throws after `withinMs`. */
  answer(expected: string, withinMs?: number): Promise<string>;
}

export async function openPlayground(page: Page, url: string): Promise<Playground> {
  await page.goto(url);
  const results = page.getByRole('region', { name: 'Result Window' });
  const rewrite = async (editor: string, text: string): Promise<void> => {
    await page
      .getByRole('region', { name: editor, exact: true })
      .locator('.view-lines')
      .filter({ visible: true })
      .click();
    await page.keyboard.press('Control+A');
    // Pasted: the editor answers typed brackets and quotes with closing ones.
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
    await page.keyboard.press('Control+V');
  };
  return {
    writeHeaders: (headers) => rewrite('Headers', JSON.stringify(headers)),
    writeOperation: (text) => rewrite('Operation Editor', text),
    press: () => page.locator('.graphiql-execute-button').click(),
    answer: async (expected, withinMs = 15_000) => {
      const lines = results.locator('.view-lines', { hasText: expected });
      await lines.waitFor({ timeout: withinMs });
      return (await lines.innerText()).replaceAll('\u00a0', ' ');
    },
  };
}
