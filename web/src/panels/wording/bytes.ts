// Amounts of data for people, as file managers and disks count them: 1 MB is 1,000,000 bytes.

const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** "812 bytes", "3.4 MB", "120 MB". */
export function formatBytes(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  // What would be rounded up to 1000 belongs to the next unit.
  if (step > 0 && step < UNITS.length - 1 && Math.round(value) >= 1000) return `1.0 ${UNITS[step + 1]}`;
  return `${step > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[step]}`;
}

/** "12 MB/s". */
export const formatSpeed = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`;
