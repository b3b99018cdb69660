import { z } from "zod";

/**
 * A time with its offset (RFC 3339), of the years 1 to 9999 also in UTC: one that an offset carries out of them is written with six digits
 * (ECMA-262, section 21.4.1.32), which no longer sorts as text and which others do not read. A day before year 1 still has four.
 */
export const dateTime = z.iso.datetime({ offset: true, abort: true }).refine((iso) => {
  const year = new Date(iso).getUTCFullYear();
  return year >= 1 && year <= 9999;
}, "a time of the years 1 to 9999 in UTC");
