// Numbers for people: shares, counts, grey values, durations, dates. English everywhere, as the page's text is.

const grouped = new Intl.NumberFormat("en");

/** "12,345". */
export const formatCount = (count: number): string => grouped.format(count);

/** "9,999", "18 k", "1.2 M": for places where the room is short. */
export function formatShortCount(count: number): string {
  if (count < 10_000) return formatCount(count);
  if (count < 999_500) return `${Math.round(count / 1000)} k`;
  return `${(count / 1e6).toFixed(count < 99_950_000 ? 1 : 0)} M`;
}

/** A share from 0 to 1 as "34.2 %"; never "0 %" or "100 %" for something that is not quite that. */
export function formatShare(share: number, digits = 1): string {
  if (share === 0) return "0 %";
  if (share === 1) return "100 %";
  const step = 10 ** -digits;
  const percent = share * 100;
  if (percent < step / 2) return `< ${step} %`;
  if (percent > 100 - step / 2) return `> ${(100 - step).toFixed(digits)} %`;
  return `${percent.toFixed(digits)} %`;
}

/** Zoom as "50 %", "6.3 %". */
export function formatZoom(zoom: number): string {
  const percent = zoom * 100;
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** A stored pixel value: integers as they are, floats with four significant digits, "no value" for NaN. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "no value";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const text = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  return text.replace(/^-/, "−");
}

/** "less than 0.1 s", "0.4 s", "12 s", "2 min 5 s". */
export function formatDuration(seconds: number): string {
  if (seconds < 0.05) return "less than 0.1 s";
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const rest = whole % 60;
  return rest === 0 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 60)} min ${rest} s`;
}

/** An estimate: "about 3.2 s", "less than 0.1 s". */
export function formatEstimate(seconds: number): string {
  return seconds < 0.05 ? formatDuration(seconds) : `about ${formatDuration(seconds)}`;
}

/** Time left, in the coarse steps in which it can be known: "3 s left", "about 2 min left". */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 55) return `${Math.max(1, Math.ceil(seconds))} s left`;
  return `about ${Math.max(1, Math.round(seconds / 60))} min left`;
}

const sameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString();

/** "just now", "12 minutes ago", "today 14:05", "yesterday 09:30", "3 May 2024"; local time. */
export function formatWhen(iso: string, now: Date): string {
  const then = new Date(iso);
  if (Number.isNaN(then.getTime())) return "";
  const minutes = Math.floor((now.getTime() - then.getTime()) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return minutes === 1 ? "1 minute ago" : `${minutes} minutes ago`;
  const clock = then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (sameDay(then, now)) return `today ${clock}`;
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (sameDay(then, yesterday)) return `yesterday ${clock}`;
  return then.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
