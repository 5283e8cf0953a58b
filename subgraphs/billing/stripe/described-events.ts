import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** One type of event, as Stripe's own package describes it. */
export interface DescribedEvent {
  readonly type: string;
  /** Stripe's words for what its object may be. */
  readonly objects: readonly DescribedObject[];
}

export interface DescribedObject {
  readonly kind: string;
  readonly hasId: boolean;
}

const RESOURCES = path.join(path.dirname(fileURLToPath(import.meta.resolve('stripe'))), 'resources');

/**
 * All types of events that carry their object, read out of the typings of the installed package: there is no list of them at run time.
 * @throws {Error} when the typings are written in another way than this reads them, so that nothing is left out unseen.
 */
export function describedEvents(): readonly DescribedEvent[] {
  const text = readFileSync(path.join(RESOURCES, 'Events.d.ts'), 'utf8');
  const union =
    /^export type Event = ([^;]+);/m
      .exec(text)?.[1]
      ?.split('|')
      .map((name) => name.trim()) ?? [];
  if (union.length === 0) throw new Error('The events in the typings of the package stripe were not found');
  return union.map((name) => {
    const type = new RegExp(`^export interface ${name} extends EventBase \\{\\s+type: '([^']+)';`, 'm').exec(text)?.[1];
    const object = new RegExp(
      `^export declare namespace ${name} \\{\\s+interface Data[^{]*\\{\\s+object: ([\\w.]+);`,
      'm',
    ).exec(text)?.[1];
    if (type === undefined || object === undefined) throw new Error(`${name} is not described as others are`);
    return { type, objects: described(object) };
  });
}

/** A name of the typings (`Billing.Meter`) as Stripe's words for its objects (`billing.meter`): several for a union. */
function described(name: string): readonly DescribedObject[] {
  const [own = '', namespace] = name.split('.').toReversed();
  const folder = namespace === undefined ? RESOURCES : path.join(RESOURCES, namespace);
  for (const file of readdirSync(folder).filter((each) => each.endsWith('.d.ts'))) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    const members = new RegExp(`^export type ${own} = ([\\w |]+);`, 'm').exec(text)?.[1];
    if (members !== undefined) return members.split('|').flatMap((member) => described(member.trim()));
    // Inside a resource the members of its object are indented by four, those of the objects inside it by more.
    const body = new RegExp(`^export interface ${own} \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(text)?.[1];
    const kind = /^ {4}object: '([^']+)';/m.exec(body ?? '')?.[1];
    if (kind !== undefined) return [{ kind, hasId: /^ {4}id: string;/m.test(body ?? '') }];
  }
  throw new Error(`The object ${name} is not described as others are`);
}
