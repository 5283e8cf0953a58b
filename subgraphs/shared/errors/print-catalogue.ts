import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { ERROR_CATALOGUE, type CatalogueEntry } from './catalogue.ts';
import { ERROR_TYPES } from './errors.ts';

export const ERRORS_PAGE = new URL('../../../docs/errors.md', import.meta.url);

const INTRO = `# Errors

<!-- Printed from subgraphs/shared/errors/catalogue.ts by \`node --import tsx subgraphs/shared/errors/print-catalogue.ts\`. -->

What a mutation may refuse is part of its result union: select \`__typename\` and \`... on UserError { code message }\`. What follows are
the errors that stand at the top level, in GraphQL's \`errors[].extensions\`, and the ones that several result unions share.

\`\`\`json
{ "type": "rate_limit_error", "code": "RATE_LIMIT_EXCEEDED", "message": "…", "param": null, "docUrl": "…", "requestId": "req_…", "retryAfter": 12, "requiredScope": null }
\`\`\`

Act on \`code\`; show \`message\`; quote \`requestId\` when you write to us. REST answers \`{ "error": { … } }\` with the same fields in
snake_case, the code in lower case, and the status in brackets. Codes are never renamed.
`;

/** The whole of docs/errors.md. */
export function printCatalogue(): string {
  const entries = Object.entries<CatalogueEntry>(ERROR_CATALOGUE);
  const sections = ERROR_TYPES.map((type) => {
    const ofType = entries.filter(([, entry]) => entry.type === type);
    return [
      `## ${type}`,
      ...ofType.map(
        ([code, { status, help }]) => `### ${code.toLowerCase()}\n\n\`${code}\` (${String(status)}): ${help}`,
      ),
    ];
  });
  return `${[INTRO.trimEnd(), ...sections.flat()].join('\n\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(ERRORS_PAGE, printCatalogue());
