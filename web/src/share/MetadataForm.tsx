// What is written about an image, in groups; nothing is required before the preview.

import { NumberInput, Radio, Slider, Switch, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { listLicences } from "../api/gallery";
import type { Metadata } from "../gallery/metadata";
import { CreatorsForm } from "./CreatorsForm";
import { ListField } from "./ListField";
import { PixelSizeField } from "./PixelSizeField";
import type { Problems } from "./problems";
import styles from "./share.module.css";

export interface FormProps {
  metadata: Metadata;
  problems: Problems;
  onChange: (part: Partial<Metadata>) => void;
}

export function MetadataForm(form: FormProps) {
  const { metadata, problems, onChange } = form;
  const text = (field: "title" | "doi" | "sample_id", label: string, length: number, more?: object) => (
    <TextInput
      label={label}
      maxLength={length}
      value={metadata[field]}
      error={problems.get(field)}
      onChange={(event) => onChange({ [field]: event.currentTarget.value })}
      {...more}
    />
  );
  const prose = (field: "preparation" | "notes", label: string) => (
    <Textarea
      label={label}
      size="xs"
      rows={3}
      maxLength={10_000}
      value={metadata[field]}
      error={problems.get(field)}
      onChange={(event) => onChange({ [field]: event.currentTarget.value })}
    />
  );
  return (
    <>
      <fieldset className={styles.group}>
        <legend>About</legend>
        {text("title", "Title", 200)}
        <ListField
          label="Keywords"
          description="Separated by commas"
          values={metadata.keywords}
          error={problems.get("keywords")}
          onChange={(keywords) => onChange({ keywords })}
        />
        {prose("notes", "Notes")}
      </fieldset>
      <SampleGroup {...form} />
      <InstrumentGroup {...form} />
      <fieldset className={styles.group}>
        <legend>Sample and publication</legend>
        {text("sample_id", "Name of the sample", 100, {
          description: "The same for all images of one sample, so that they never are in two splits of a data set",
        })}
        {prose("preparation", "Preparation")}
        {text("doi", "DOI of a publication", 300, { placeholder: "10.1038/s41586-020-2649-2" })}
      </fieldset>
      <QualityGroup {...form} />
      <CreatorsForm {...form} />
      <LicenceGroup {...form} />
    </>
  );
}

function SampleGroup({ metadata: { material }, problems, onChange }: FormProps) {
  const text = (field: "name" | "composition", label: string, placeholder: string) => (
    <TextInput
      label={label}
      placeholder={placeholder}
      maxLength={200}
      value={material[field]}
      error={problems.get(`material.${field}`)}
      onChange={(event) => onChange({ material: { ...material, [field]: event.currentTarget.value } })}
    />
  );
  return (
    <fieldset className={styles.group}>
      <legend>Material</legend>
      {text("name", "Material", "Superalloy")}
      {text("composition", "Composition", "Ni-20Cr-5Al (wt%)")}
      <ListField
        label="Phases"
        description="Separated by commas"
        values={material.phases}
        error={problems.get("material.phases")}
        onChange={(phases) => onChange({ material: { ...material, phases } })}
      />
    </fieldset>
  );
}

function InstrumentGroup({ metadata: { instrument, pixel_size }, problems, onChange }: FormProps) {
  const text = (field: "type" | "mode" | "manufacturer", label: string, placeholder: string) => (
    <TextInput
      label={label}
      placeholder={placeholder}
      maxLength={100}
      value={instrument[field]}
      error={problems.get(`instrument.${field}`)}
      onChange={(event) => onChange({ instrument: { ...instrument, [field]: event.currentTarget.value } })}
    />
  );
  const number = (field: "voltage_kv" | "wavelength_nm", label: string) => (
    <NumberInput
      label={label}
      allowNegative={false}
      value={instrument[field] ?? ""}
      error={problems.get(`instrument.${field}`)}
      onChange={(value) =>
        onChange({ instrument: { ...instrument, [field]: typeof value === "number" && value > 0 ? value : null } })
      }
    />
  );
  return (
    <fieldset className={styles.group}>
      <legend>Instrument</legend>
      <div className={styles.pair}>
        {text("type", "Type", "SEM")}
        {text("mode", "Mode", "BSE")}
      </div>
      {text("manufacturer", "Manufacturer", "")}
      <div className={styles.pair}>
        {number("voltage_kv", "Voltage in kV")}
        {number("wavelength_nm", "or wavelength in nm")}
      </div>
      <PixelSizeField
        size={pixel_size}
        error={problems.get("pixel_size") ?? problems.get("pixel_size.x") ?? problems.get("pixel_size.y")}
        onChange={(size) => onChange({ pixel_size: size })}
      />
    </fieldset>
  );
}

function QualityGroup({ metadata: { quality }, problems, onChange }: FormProps) {
  const problem = problems.get("quality");
  return (
    <fieldset className={styles.group}>
      <legend>How good is the segmentation?</legend>
      <Switch
        label="Give it a score"
        checked={quality !== null}
        error={problem}
        onChange={(event) => onChange({ quality: event.currentTarget.checked ? 5 : null })}
      />
      {quality !== null && (
        <div className={styles.quality}>
          <Slider
            className={styles.slider}
            thumbLabel="Score, 0 to 10"
            min={0}
            max={10}
            value={quality}
            onChange={(value) => onChange({ quality: value })}
          />
          <span>{quality} of 10</span>
        </div>
      )}
    </fieldset>
  );
}

function LicenceGroup({ metadata: { licence }, problems, onChange }: FormProps) {
  const name = useId();
  const licences = useQuery({
    queryKey: ["gallery", "licences"],
    queryFn: listLicences,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const problem = problems.get("licence");
  return (
    <fieldset className={styles.group}>
      <legend>Licence</legend>
      {licences.error && <p role="alert">{licences.error.message}</p>}
      {licences.data?.map((each) => (
        <Radio
          key={each.id}
          size="xs"
          name={name}
          value={each.id}
          label={`${each.name} (${each.id})`}
          description={each.meaning}
          checked={licence === each.id}
          onChange={() => onChange({ licence: each.id })}
        />
      ))}
      {problem && <p className={styles.problem}>{problem}</p>}
    </fieldset>
  );
}
