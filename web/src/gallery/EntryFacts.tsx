// What an entry holds: classes with their shares, what was written, who made it, its licence.

import { useQuery } from "@tanstack/react-query";
import { type Entry, listLicences } from "../api/gallery";
import { formatCount, formatShare } from "../panels/wording/numbers";
import styles from "./entry.module.css";
import { factsOf } from "./entryWords";
import { completed } from "./metadata";

export function EntryFacts({ entry }: { entry: Entry }) {
  const metadata = completed(entry.metadata);
  return (
    <>
      {entry.classes.length > 0 && <ClassShares classes={entry.classes} />}
      <dl className={styles.facts}>
        <div>
          <dt>Size</dt>
          <dd>
            {formatCount(entry.width)} × {formatCount(entry.height)} px
          </dd>
        </div>
        {factsOf(metadata).map(({ name, words }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{words}</dd>
          </div>
        ))}
        {metadata.creators.length > 0 && (
          <div>
            <dt>Made by</dt>
            <dd>
              {metadata.creators.map(({ name, orcid, affiliation }, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the list does not change
                <span key={place} className={styles.person}>
                  {orcid ? <Outside href={`https://orcid.org/${encodeURIComponent(orcid)}`}>{name}</Outside> : name}
                  {affiliation && <small>{affiliation}</small>}
                </span>
              ))}
            </dd>
          </div>
        )}
        {metadata.licence && (
          <div>
            <dt>Licence</dt>
            <dd>
              <LicenceName id={metadata.licence} />
            </dd>
          </div>
        )}
        {metadata.doi && (
          <div>
            <dt>Publication</dt>
            <dd>
              <Outside href={`https://doi.org/${encodeURI(metadata.doi)}`}>{metadata.doi}</Outside>
            </dd>
          </div>
        )}
      </dl>
    </>
  );
}

function Outside({ href, children }: { href: string; children: React.ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}

function LicenceName({ id }: { id: string }) {
  const licences = useQuery({
    queryKey: ["gallery", "licences"],
    queryFn: listLicences,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const licence = licences.data?.find((each) => each.id === id);
  if (!licence) return id;
  return (
    <>
      <Outside href={licence.address}>{licence.name}</Outside>
      <small className={styles.meaning}>{licence.meaning}</small>
    </>
  );
}

export function ClassShares({ classes }: { classes: Entry["classes"] }) {
  const segmented = classes.some((each) => each.segmented !== null);
  const labelled = classes.some((each) => each.labelled !== null);
  const share = (value: number | null): string => (value === null ? "–" : formatShare(value));
  return (
    <table className={styles.shares}>
      <thead>
        <tr>
          <th scope="col">Class</th>
          {segmented && <th scope="col">Segmented</th>}
          {labelled && <th scope="col">Labelled</th>}
        </tr>
      </thead>
      <tbody>
        {classes.map((each) => (
          <tr key={each.id}>
            <th scope="row" title={each.name}>
              <span className={styles.dot} style={{ background: each.colour }} />
              {each.name}
            </th>
            {segmented && <td>{share(each.segmented)}</td>}
            {labelled && <td>{share(each.labelled)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
