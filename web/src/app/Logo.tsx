// The mark: grains of a micrograph, one of them found.

export function Logo({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" aria-hidden>
      <clipPath id="logo-frame">
        <rect x={1} y={1} width={18} height={18} rx={5} />
      </clipPath>
      <g clipPath="url(#logo-frame)">
        <rect width={20} height={20} fill="currentColor" opacity={0.18} />
        <path d="M0 0h9l2 8-5 4-6-1Z" fill="currentColor" opacity={0.55} />
        <path d="M6 12l5-4 9 3v9H8Z" fill="var(--sb-accent)" />
      </g>
    </svg>
  );
}
