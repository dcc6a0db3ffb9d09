import { UserError } from "../core/errors.ts";
import { quote } from "../core/units.ts";

/** A longer record is no packet but a length that was garbled. */
export const RECORD_BYTES_MAX: number = 16 * 1024 * 1024;

/** The error for a capture file that ends or breaks at `offset`. */
export function broken(name: string, offset: number, what: string): UserError {
  return new UserError(
    `Cannot read ${quote(name)}: ${what} at offset ${offset}: copy the file again, ` +
      `or keep what is whole with: editcap ${name} whole.pcapng`,
  );
}
