// The manual: contents on the left, one page on the right. Shown in a sheet of the editor and as a screen of its own.

import { Anchor, UnstyledButton } from "@mantine/core";
import { type ComponentProps, useEffect, useMemo, useRef } from "react";
import Markdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { linkTarget, START } from "./contents";
import styles from "./manual.module.css";
import { PAGES, pictureUrl } from "./pages";

interface ManualReaderProps {
  /** File name of the page without ".md"; empty for the start page. */
  page: string;
  onPage: (page: string) => void;
}

const PLUGINS = [remarkGfm];

export default function ManualReader({ page, onPage }: ManualReaderProps) {
  const shown = PAGES.find(({ id }) => id === (page || START));
  const article = useRef<HTMLElement>(null);
  const components = useComponents(onPage);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page begins at its top
  useEffect(() => {
    article.current?.scrollIntoView({ block: "start" });
  }, [page]);
  return (
    <div className={styles.reader}>
      <nav aria-label="Pages of the manual" className={styles.contents}>
        {PAGES.map(({ id, title }) => (
          <UnstyledButton
            key={id}
            className={styles.entry}
            aria-current={id === shown?.id ? "page" : undefined}
            onClick={() => onPage(id)}
          >
            {title}
          </UnstyledButton>
        ))}
      </nav>
      <article ref={article} className={styles.page}>
        {shown ? (
          <Markdown remarkPlugins={PLUGINS} components={components}>
            {shown.text}
          </Markdown>
        ) : (
          <p>The manual has no page of this name.</p>
        )}
      </article>
    </div>
  );
}

function useComponents(onPage: (page: string) => void): Components {
  return useMemo(
    () => ({
      a: ({ href, children }: ComponentProps<"a">) => {
        const target = linkTarget(href);
        switch (target.kind) {
          case "page":
            return (
              <Anchor component="button" type="button" inherit onClick={() => onPage(target.page)}>
                {children}
              </Anchor>
            );
          case "outside":
            return (
              <Anchor href={target.url} inherit target="_blank" rel="noreferrer">
                {children}
              </Anchor>
            );
          case "nowhere":
            return children;
        }
      },
      img: ({ src, alt }: ComponentProps<"img">) => {
        const url = typeof src === "string" ? pictureUrl(src) : null;
        return url ? <img src={url} alt={alt ?? ""} loading="lazy" /> : <em>{alt}</em>;
      },
    }),
    [onPage],
  );
}
