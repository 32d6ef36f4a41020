// The mark: grains of a micrograph, one of them found.

export function Logo({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" aria-hidden fill="none" strokeWidth={1.5}>
      <path
        d="M10 9.5 5.6 3.2 2 4.8v6.6l4.4 1.9L10 9.5Zm0 0 8-3.6M10 9.5l2.2 8.3M6.4 13.3 5.2 17.4"
        stroke="currentColor"
        strokeLinejoin="round"
        opacity={0.55}
      />
      <path d="M5.2 17.4 6.4 13.3 10 9.5l2.2 8.3-7 -.4Z" fill="var(--sb-accent)" />
      <rect x={1} y={1} width={18} height={18} rx={4.5} stroke="currentColor" />
    </svg>
  );
}
