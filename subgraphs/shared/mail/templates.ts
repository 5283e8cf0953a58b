import { Liquid } from 'liquidjs';

export interface Templates {
  /**
   * Renders `<folder>/<name>.liquid`. In a name that ends in `.html` every value is escaped (`| raw` is the exception one sees in
   * review); any other name (`reminder.txt`, `reminder.subject`) is plain text and nothing is.
   * @throws when a variable or filter is not known, or the file is not in the folder: a wrong mail must not leave.
   */
  render(name: string, data: Record<string, unknown>): Promise<string>;
}

// Far above any mail of ours; they stop a template that loops, not one that is long.
const LIMITS = { parseLimit: 1_000_000, renderLimit: 2_000, memoryLimit: 50_000_000 };

/**
 * Templates of one folder, parsed once. Partials and layouts come from the same folder and from nowhere else, by their whole file
 * name: `{% render 'parts/footer.html.liquid', customer: customer %}`.
 */
export function createTemplates(folder: string): Templates {
  const shared = {
    root: folder,
    cache: true,
    strictVariables: true,
    strictFilters: true,
    lenientIf: true, // `{% if name %}` asks whether there is one
    ownPropertyOnly: true,
    relativeReference: false,
    timezoneOffset: 0,
    ...LIMITS,
  };
  const forHtml = new Liquid({ ...shared, outputEscape: 'escape' });
  const forText = new Liquid(shared);

  return {
    async render(name, data): Promise<string> {
      if (!/^[a-z0-9]+([._/-][a-z0-9]+)*$/i.test(name)) throw new RangeError(`"${name}" is not the name of a template`);
      const engine = name.endsWith('.html') ? forHtml : forText;
      return String(await engine.renderFile(`${name}.liquid`, data));
    },
  };
}
