import type { Endpoint } from "../core/units.ts";
import type { LineAddress, Subscription, Transport, World } from "../worlds/world.ts";

/** Looks over a listener's shoulder: at the datagram that it handles, and at who sends them. */
export class Witness {
  /** The world, in which every line that is listened to is witnessed. */
  readonly world: World;
  /** The datagram that is being handled, for as long as it is. The bytes are lent. */
  bytes: Uint8Array | undefined;

  /** `senders` is told once of a line whose packets come from two senders by turns. */
  constructor(world: World, senders: (line: LineAddress, of: readonly Endpoint[]) => void) {
    const subscribe: Transport["subscribe"] = async (line, receive): Promise<Subscription> => {
      const turns = new Turns();
      return world.transport.subscribe(line, (bytes, from) => {
        const both = turns.onPacket(from);
        if (both !== undefined) senders(line, both);
        this.bytes = bytes;
        receive(bytes, from);
        this.bytes = undefined;
      });
    };
    const { transport } = world;
    this.world = {
      clock: world.clock,
      until: (done) => world.until(done),
      transport: {
        ...(transport.path === undefined ? {} : { path: () => transport.path!() }),
        publish: (line, events) => transport.publish(line, events),
        subscribe,
        listen: (at, handler, over) => transport.listen(at, handler, over),
        connect: (to, handler, over) => transport.connect(to, handler, over),
      },
    };
  }
}

/** One that was started again has another port: only who speaks again after another is beside it. */
class Turns {
  #last: Endpoint | undefined;
  #before: Endpoint | undefined;
  #told = false;

  onPacket(from: Endpoint | undefined): readonly Endpoint[] | undefined {
    if (from === this.#last || from === undefined || this.#told) return undefined;
    const last = this.#last;
    if (last !== undefined && isSame(from, last)) return undefined;
    const again = this.#before !== undefined && isSame(from, this.#before);
    this.#before = last;
    this.#last = from;
    if (!again || last === undefined) return undefined;
    this.#told = true;
    return [from, last];
  }
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.host === b.host;
}
