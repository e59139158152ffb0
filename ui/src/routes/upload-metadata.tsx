import { useState } from "react";

import { ask } from "@/api/client";
import type { Fault, Metadata, MetadataWrong, UploadForm } from "@/api/types";
import { FieldView } from "@/forms/field";
import { useValues } from "@/forms/values";
import { asFault } from "@/platform";
import { FaultView } from "@/ui/fault";

const text = (title: string, description: string, initial: string) => ({ type: "string", title, description, default: initial });
const list = (title: string, description: string, initial: string[]) => ({ type: "array", items: { type: "string" }, title, description, default: initial });

/** The fields of SciCat, with what was said last. The name of the dataset has its own place. */
function schemaOf({ last, types }: UploadForm) {
  const measured = Object.keys(last.scientificMetadata).length > 0 ? JSON.stringify(last.scientificMetadata, null, 2) : "";
  return {
    type: "object",
    required: ["type", "owner", "ownerGroup", "contactEmail", "principalInvestigator"],
    properties: {
      type: { type: "string", enum: types, title: "Type", description: "raw as it was measured, derived from other datasets", default: last.type },
      pid: text("Identifier", "SciCat gives one if this is empty; as in 20.500.12269/2b1f", ""),
      owner: text("Owner", "Who owns it", last.owner),
      ownerGroup: text("Owner group", "May change it", last.ownerGroup),
      contactEmail: text("Contact", "E-mail address to ask at", last.contactEmail),
      principalInvestigator: text("Principal investigator", "Several with semicolons between them", last.principalInvestigator),
      creationLocation: text("Measured at", "As in /site/facility/instrument; raw data needs it", last.creationLocation),
      creationTime: text("Measured when", "As in 2026-11-03T14:00:00Z; when it is uploaded, if this is empty", ""),
      accessGroups: list("Access groups", "May see it. ", last.accessGroups),
      keywords: list("Keywords", "By which it is found. ", last.keywords),
      inputDatasets: list("Made from", "Identifiers of datasets. ", last.inputDatasets),
      usedSoftware: list("Made by", "Links to the software, with its version. ", last.usedSoftware),
      description: { ...text("Description", "What it is", last.description), format: "multiline" },
      scientific: { ...text("Scientific metadata", "A JSON object", measured), format: "multiline" },
    },
  };
}

const DERIVED = ["inputDatasets", "usedSoftware"];

/** What is entered, what is wrong with it by SciCat's rules, and the check that finds it out. */
export function useMetadata(form: UploadForm) {
  const [schema] = useState(() => schemaOf(form));
  const values = useValues(schema);
  const [wrong, setWrong] = useState<MetadataWrong[]>([]);
  const [fault, setFault] = useState<Fault>();
  const entered = (datasetName: string) => {
    const { scientific = "", pid = null, creationTime = null, ...rest } = values.params() as Partial<Metadata> & { scientific?: string };
    const empty = { type: "", owner: "", ownerGroup: "", contactEmail: "", principalInvestigator: "", creationLocation: "", description: "", accessGroups: [], keywords: [], inputDatasets: [], usedSoftware: [] };
    return { metadata: { ...empty, ...rest, pid, creationTime, datasetName, scientificMetadata: {} } as Metadata, scientific };
  };
  /** What is entered, if SciCat would take it. */
  const checked = async (datasetName: string) => {
    const said = entered(datasetName);
    setFault(undefined);
    try {
      const found = await ask("upload.check", said);
      setWrong(found);
      return found.length === 0 ? said : undefined;
    } catch (thrown) {
      setFault(asFault(thrown));
      return undefined;
    }
  };
  const clear = (field: string) => setWrong((all) => all.filter((one) => one.field !== field));
  return { values, fault, wrongOf: (field: string) => wrong.find((one) => one.field === field)?.why, clear, checked };
}

/** The form of what is said of a dataset. */
export function MetadataFields({ of, scicat }: { of: ReturnType<typeof useMetadata>; scicat: string | null }) {
  const { values } = of;
  const type = values.fields.find((field) => field.name === "type");
  const derived = type !== undefined && values.text(type) === "derived";
  return (
    <section aria-label="Metadata">
      <div className="sec-h"><h2>Metadata</h2><span className="end">{scicat ? `registered in SciCat (${scicat})` : "kept here, and told to SciCat once there is a connection to it"}</span></div>
      <div className="said">
        {values.fields.filter((field) => derived || !DERIVED.includes(field.name)).map((field) => {
          const name = field.name === "scientific" ? "scientificMetadata" : field.name;
          return <FieldView key={field.name} field={field} text={values.text(field)} error={of.wrongOf(name)} change={(next) => { of.clear(name); values.set(field, next); }} />;
        })}
      </div>
      {of.fault ? <FaultView of={of.fault} /> : null}
    </section>
  );
}
